// One zone's form: its name, what is watched in it, when, and by which settings.

import { html, nothing } from "../../../core/elements.js";
import { kindName, knownKinds, subtypeName, t } from "../../../core/words.js";
import { cornersField } from "./corners.js";
import { day, duration, field, number, text } from "./fields.js";
import { hoursField } from "./hours.js";
import { WHOLE } from "./outline.js";

const LENGTHS = ["dwell", "clear", "dedupe", "horizon", "learn"];

/** An object without the entry, or nothing where no entry is left. */
const without = (object, name) => {
  const { [name]: _gone, ...rest } = object ?? {};
  return rest;
};

/**
 * The form. `change(name, does)` makes a step on the zone, `wrong(path)` gives the server's words on a
 * field, `usual(kind, subtype)` the settings where the zone has none of its own.
 */
export function zoneForm(zone, { change, wrong, usual, refused, presets, fixed, remove }) {
  const set = (name, value) => change(name, (now) => { if (value === null || value === "") delete now[name]; else now[name] = value; });
  const watch = (kind, on) => change("", (now) => {
    now.watch = on ? [...now.watch, kind] : now.watch.filter((each) => each !== kind);
    if (!on) for (const part of ["subtypes", "settings"]) if (now[part]) now[part] = without(now[part], kind);
  });
  const subtype = (kind, value) => change("", (now) => { now.subtypes = value ? { ...now.subtypes, [kind]: value } : without(now.subtypes, kind); });
  const setting = (kind, name, value) => change(`${kind} ${name}`, (now) => {
    const own = value === null ? without(now.settings?.[kind], name) : { ...now.settings?.[kind], [name]: value };
    now.settings = Object.keys(own).length ? { ...now.settings, [kind]: own } : without(now.settings, kind);
  });
  const [first = "", last = ""] = (zone.valid ?? "").split("/");
  const valid = (from, to) => set("valid", from || to ? `${from || to}/${to || from}` : null);

  const rule = (kind) => {
    const own = zone.settings?.[kind.name] ?? {};
    const base = usual(kind.name, zone.subtypes?.[kind.name]);
    const at = (name) => wrong(`settings/${kind.name}/${name}`);
    return html`<details class="rule"><summary>${t("settings_of", { kind: kindName(kind.name) })}${Object.keys(own).length ? html` <span class="own">${t("own_settings")}</span>` : nothing}</summary>
      ${LENGTHS.filter((name) => name in base || name in own || ["dwell", "clear", "dedupe"].includes(name)).map((name) => duration(t(`set_${name}`), own[name], base[name],
        (value) => setting(kind.name, name, value), { wrong: at(name), until: name === "dedupe", fixed }))}
      ${number(t("set_looks"), own.looks, (value) => setting(kind.name, "looks", value), { min: 1, max: 1000, step: 1, placeholder: base.looks ?? "", hint: own.looks == null ? t("default_is", { value: base.looks ?? "–" }) : "", wrong: at("looks"), fixed })}
      ${number(t("set_threshold"), own.threshold, (value) => setting(kind.name, "threshold", value), { min: 0.01, max: 0.99, step: 0.01, placeholder: base.threshold ?? "", hint: own.threshold == null ? t("default_is", { value: base.threshold ?? t("of_model") }) : "", wrong: at("threshold"), fixed })}</details>`;
  };

  const kinds = knownKinds();
  const watched = kinds.filter((kind) => zone.watch.includes(kind.name));
  return html`<form class="zone-form" @submit=${(event) => event.preventDefault()}>
    ${text(t("zone_name"), zone.name, (value) => value && set("name", value), { longest: 64, wrong: wrong("name"), fixed })}
    <fieldset class="field"><legend>${t("watch")}</legend>${kinds.map((kind) => html`<label class="tick"><input type="checkbox" .checked=${zone.watch.includes(kind.name)} ?disabled=${fixed}
        @change=${(event) => watch(kind.name, event.target.checked)}>${kindName(kind.name)}</label>`)}
      ${zone.watch.length ? nothing : html`<small class="error">${t("watch_one")}</small>`}${wrong("watch").map((detail) => html`<small class="error">${detail}</small>`)}</fieldset>
    ${watched.filter((kind) => kind.subtypes.length > 1).map((kind) => field(t("subtype_of", { kind: kindName(kind.name) }), html`<select ?disabled=${fixed} @change=${(event) => subtype(kind.name, event.target.value)}>
      <option value="">${t("subtype_by_rule")}</option>${kind.subtypes.map((each) => html`<option value=${each.name} ?selected=${zone.subtypes?.[kind.name] === each.name}>${subtypeName(kind.name, each.name)}</option>`)}</select>`, { wrong: wrong(`subtypes/${kind.name}`) }))}
    ${presets.length ? field(t("preset"), html`<select ?disabled=${fixed} @change=${(event) => set("preset", event.target.value)}>${presets.map((preset) => html`<option ?selected=${preset.name === zone.preset}>${preset.name}</option>`)}</select>`, { wrong: wrong("preset") }) : nothing}
    ${hoursField(zone.hours, (lines) => set("hours", lines.length ? lines : null), { wrong: wrong("hours"), fixed })}
    <div class="pair">${day(t("valid_from"), first, (value) => valid(value, last), { fixed })}${day(t("valid_until"), last, (value) => valid(first, value), { fixed, wrong: wrong("valid") })}</div>
    ${watched.map(rule)}
    ${cornersField(zone.polygon ?? WHOLE, (points) => change("", (now) => { now.polygon = points; }), refused, { fixed })}
    ${fixed ? nothing : html`<button type="button" class="danger" @click=${remove}>${t("remove_zone")}</button>`}
  </form>`;
}

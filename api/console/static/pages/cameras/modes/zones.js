// Zones: drawn on the picture, shaped, named, and given what they watch.

import { html, nothing, toast } from "../../../core/elements.js";
import { kindName, knownKinds, t, usualSettings } from "../../../core/words.js";
import { drawing } from "../editor/drawing.js";
import { RECTANGLE, WHOLE } from "../editor/outline.js";
import { zoneForm } from "../editor/zone_form.js";

export function zonesMode(page) {
  let chosen = null; // the zone's place in the draft
  const all = () => page.draft?.now.zones ?? page.setup?.zones ?? [];
  /** The zones of the preset that is shown, with their places in the draft. */
  const here = () => all().map((zone, at) => ({ zone, at })).filter(({ zone }) => !page.presets.length || zone.preset === page.preset);
  const step = (name, does) => page.draft.step(name && `${name} of zone ${chosen}`, (now) => { now.zones ??= []; does(now.zones); });

  const pen = drawing({
    stage: page.stage,
    shapes: () => here().map(({ zone }) => ({ points: zone.polygon ?? WHOLE, name: zone.name, tone: "zone" })),
    chosen: () => (page.fixed ? -1 : here().findIndex(({ at }) => at === chosen)),
    choose: (index) => choose(here()[index]?.at ?? null),
    shaped: (index, points) => step("", (zones) => { zones[here()[index].at].polygon = points; }),
    drawn: add,
    refused: page.refuse,
    redraw: page.redraw,
  });

  function choose(at) {
    chosen = at;
    page.redraw();
  }

  /** A name that no zone of this camera has. */
  function fresh() {
    const names = new Set(all().map((zone) => zone.name));
    for (let n = all().length + 1; ; n += 1) if (!names.has(t("zone_n", { n }))) return t("zone_n", { n });
  }

  function add(polygon) {
    const before = all()[chosen] ?? all()[0];
    const zone = { name: fresh(), polygon, watch: before ? [...before.watch] : [knownKinds()[0].name], ...(page.presets.length ? { preset: page.preset } : {}) };
    chosen = all().length;
    step("", (zones) => zones.push(zone));
    page.redraw();
  }

  function remove() {
    const { name } = all()[chosen];
    step("", (zones) => zones.splice(chosen, 1));
    chosen = null;
    toast(t("zone_removed", { name }), "info");
    page.redraw();
  }

  /** Settings where the zone has none of its own. */
  function usual(kind, subtype) {
    return Object.fromEntries(Object.entries(usualSettings(kind, subtype)).filter(([, value]) => value !== null));
  }

  const form = () => {
    const zone = all()[chosen];
    if (!zone) return html`<p class="hint">${t(all().length ? "choose_zone" : "no_zones")}</p>`;
    return zoneForm(zone, {
      change: (name, does) => step(name, (zones) => does(zones[chosen])),
      wrong: (path) => page.saving.wrong(`zones/${chosen}/${path}`),
      usual, refused: page.refuse, presets: page.presets, fixed: page.fixed, remove,
    });
  };

  const tools = () => (pen.sketching ? html`<div class="tools"><p role="status">${t("drawing_help")}</p>
      <button type="button" class="primary" @click=${pen.finish}>${t("finish")} <kbd>↵</kbd></button>
      <button type="button" class="quiet" @click=${pen.back}>${t("corner_back")}</button>
      <button type="button" class="quiet" @click=${pen.cancel}>${t("cancel")} <kbd>Esc</kbd></button></div>`
    : html`<div class="tools"><button type="button" class="primary" ?disabled=${page.fixed} @click=${pen.begin}>${t("draw_zone")} <kbd>N</kbd></button>
      <button type="button" class="quiet" ?disabled=${page.fixed} @click=${() => add(RECTANGLE)}>${t("put_rectangle")}</button></div>`);

  const list = () => html`<ul class="zone-list">${here().map(({ zone, at }) => html`<li><button type="button" aria-pressed=${at === chosen} @click=${() => choose(at === chosen ? null : at)}>
    <b>${zone.name}</b><small>${zone.watch.map(kindName).join(t("list_comma"))}</small>
    ${page.saving.wrongAnywhere(`zones/${at}`) ? html`<span class="tag bad">!</span>` : nothing}</button></li>`)}</ul>`;

  return {
    bound: true,
    edits: true,
    pans: pen.pans,
    over: pen.over,
    side: () => html`${page.fixed ? html`<p class="hint">${t(page.draft ? "may_not_draw" : "no_setup")}</p>` : tools()}${list()}${form()}`,
    keys: () => (pen.sketching ? {
      Enter: { label: t("finish"), does: pen.finish }, Escape: { label: t("cancel"), does: pen.cancel }, Backspace: { label: t("corner_back"), does: pen.back },
    } : { ...(page.fixed ? {} : { n: { label: t("draw_zone"), does: pen.begin } }), ...(chosen === null ? {} : { Escape: { label: t("choose_none"), does: () => choose(null) } }) }),
    back: (undo) => { if (!pen.sketching || !undo) return pen.sketching; pen.back(); return true; },
    leave: pen.leave,
  };
}

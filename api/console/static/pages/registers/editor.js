// The editor of one entry of a register: its fields, and where it lies, drawn in a camera's picture or on the map.

import { html, nothing, render } from "../../core/elements.js";
import { refusal } from "../../core/form.js";
import { when } from "../../core/format.js";
import { kindName, knownKinds, t } from "../../core/words.js";
import { hoursField } from "../cameras/editor/hours.js";
import { drawnPlace } from "./drawn_place.js";

const LINES = ["categories", "stalls"];

/** `element`, `focus()`, `redraw()`, `keys()`, `leave()`; `save(entry)` is a promise. */
export function editor({ kind, entry, fixed, cameras, title, save, close }) {
  const element = document.createElement("aside");
  element.className = "entry-editor";
  const now = entry;
  now.kinds ??= kind.fresh().kinds; // what the site file means where it says nothing
  let refused = null;
  let busy = false;
  const place = kind.drawn ? drawnPlace({ now, drawn: kind.drawn, cameras, fixed, redraw, refuse }) : null;
  let hush = "";

  function refuse({ word, values }) {
    hush = t(word, values);
    redraw();
  }

  function set(name, value) {
    if (value === null || value === "" || (Array.isArray(value) && !value.length)) delete now[name];
    else now[name] = value;
    redraw();
  }

  async function submit(event) {
    event.preventDefault();
    if (busy) return;
    busy = true;
    refused = null;
    redraw();
    try {
      await save(structuredClone(now));
    } catch (error) {
      busy = false;
      refused = error;
      redraw();
      element.querySelector("[role=alert]")?.focus();
    }
  }

  const text = (name, options = {}) => html`<label class="field"><span>${t(`e_${name}`)}</span><input type="text" name=${name} maxlength=${options.longest ?? 200} ?required=${options.required} ?disabled=${fixed} .value=${now[name] ?? ""}
    @change=${(event) => set(name, event.target.value.trim())}></label>`;
  const ticks = (name, label, all, say) => html`<fieldset class="field"><legend>${label}</legend><div class="ticks">${all.map((one) => html`<label class="tick"><input type="checkbox" ?disabled=${fixed} .checked=${(now[name] ?? []).includes(one)}
    @change=${(event) => set(name, all.filter((each) => (each === one ? event.target.checked : (now[name] ?? []).includes(each))))}>${say(one)}</label>`)}</div></fieldset>`;
  /** Times of the site file are local where they name no offset; here they are written with one. */
  const local = (value) => (value ? (/[zZ]|[+-]\d\d:?\d\d$/.test(value) ? when(new Date(value).toISOString()) : String(value)).replace(" ", "T").slice(0, 16) : "");
  const time = (name) => html`<label class="field"><span>${t(`e_${name}`)}</span><input type="datetime-local" name=${name} required ?disabled=${fixed} .value=${local(now[name])} @change=${(event) => set(name, event.target.value.replace("T", " "))}></label>`;
  const days = () => {
    const [first = "", last = ""] = (now.valid ?? "").split("/");
    const put = (a, b) => set("valid", a || b ? `${a || b}/${b || a}` : null);
    return html`<div class="two"><label class="field"><span>${t("valid_from")}</span><input type="date" ?disabled=${fixed} .value=${first} @change=${(event) => put(event.target.value, last)}></label>
      <label class="field"><span>${t("valid_until")}</span><input type="date" ?disabled=${fixed} .value=${last} @change=${(event) => put(first, event.target.value)}></label></div>`;
  };
  const lines = (name) => html`<label class="field"><span>${t(`e_${name}`)}</span><textarea rows="2" ?disabled=${fixed} .value=${(now[name] ?? []).join("\n")} @change=${(event) => set(name, event.target.value.split("\n").map((line) => line.trim()).filter(Boolean))}></textarea></label>`;

  function field(name) {
    if (name === "kinds") return ticks("kinds", t("kind"), knownKinds().map((one) => one.name), kindName);
    if (name === "cameras") return ticks("cameras", t("camera"), cameras.map((one) => one.id), (id) => id);
    if (name === "hours") return hoursField(now.hours, (next) => set("hours", next), { fixed, label: t("e_hours") });
    if (name === "valid") return days();
    if (name === "from" || name === "until") return time(name);
    if (LINES.includes(name)) return lines(name);
    return text(name, { required: name === kind.name || name === "reason" || name === "by", longest: name === "reason" ? 1000 : 64 });
  }

  function redraw() {
    render(html`<form @submit=${submit}><header><h2>${title}</h2><button type="button" class="quiet" aria-label=${t("close")} @click=${close}>×</button></header>
      ${kind.fields.map(field)}${place ? place.template() : nothing}
      ${hush ? html`<p class="error" role="status">${hush}</p>` : nothing}
      ${refused ? html`<div class="error" role="alert" tabindex="-1">${refused.status === 409 && !refused.said?.code ? refused.message : refusal(refused)}</div>` : nothing}
      ${fixed ? nothing : html`<div class="row"><button type="button" class="quiet" @click=${close}>${t("cancel")}</button><button class="primary" ?disabled=${busy}>${t(busy ? "working" : "save")}</button></div>`}</form>`, element);
    hush = "";
    place?.shown();
  }

  redraw();
  return {
    element, redraw,
    focus: () => element.querySelector("input")?.focus(),
    keys: () => ({ ...(place?.keys() ?? {}), ...(place?.sketching ? {} : { Escape: { label: t("close"), does: close } }) }),
    leave: () => place?.leave(),
  };
}

// Weekly hours, in the form that a site file writes them: `Mon-Fri 06:00-23:00`, or `Hol …` on holidays.

import { html, nothing } from "../../../core/elements.js";
import { t } from "../../../core/words.js";

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const LINE = /^\s*([A-Z][a-z]{2})(?:-([A-Z][a-z]{2}))?\s+(\d{1,2}:\d{2})-(\d{1,2}:\d{2})\s*$/;
const CLOCK = /^([01]?\d|2[0-3]):[0-5]\d$/;

/** A line in its parts; null where it does not read. */
export function span(line) {
  const [, first, last, from, to] = LINE.exec(line) ?? [];
  const known = (name) => DAYS.includes(name) || name === "Hol";
  return first && known(first) && (!last || DAYS.includes(last)) ? { first, last: last ?? first, from, to } : null;
}

const line = ({ first, last, from, to }) => `${first === "Hol" || last === "Hol" || first === last ? first : `${first}-${last}`} ${from}-${to}`;

/** Hours as people read them. */
export const hoursWords = (lines) => (lines?.length ? lines.map((each) => {
  const parts = span(each);
  if (!parts) return each;
  const days = parts.first === parts.last ? t(parts.first) : parts.first === "Mon" && parts.last === "Sun" ? t("every_day") : `${t(parts.first)}${t("to")}${t(parts.last)}`;
  return `${days} ${parts.from}–${parts.to}`;
}).join(t("list_comma")) : t("always"));

/** The field: a row a span, and buttons for what is usual. `change` gets the lines. */
export function hoursField(lines, change, { wrong = [], fixed = false, label = t("hours") } = {}) {
  const all = lines ?? [];
  const set = (at, next) => change(all.map((each, i) => (i === at ? line(next) : each)));
  const time = (at, parts, name) => html`<input type="text" inputmode="numeric" size="5" maxlength="5" aria-label=${t(name === "from" ? "hours_from" : "hours_to")} .value=${parts[name]} ?disabled=${fixed}
    @change=${(event) => {
      const given = event.target.value.trim().replace("：", ":").replace(/^(\d{1,2})$/, "$1:00");
      const whole = name === "to" && given === "24:00";
      const good = CLOCK.test(given) || whole;
      event.target.setCustomValidity(good ? "" : t("no_time"));
      if (!good) return event.target.reportValidity();
      return set(at, { ...parts, [name]: name === "to" && /^0?0:00$/.test(given) ? "24:00" : given.padStart(5, "0") });
    }}>`;
  const days = (at, parts, name) => html`<select aria-label=${t(name === "first" ? "day_from" : "day_to")} ?disabled=${fixed} @change=${(event) => set(at, { ...parts, [name]: event.target.value })}>
    ${(name === "first" ? [...DAYS, "Hol"] : DAYS).map((each) => html`<option value=${each} ?selected=${each === parts[name]}>${t(each)}</option>`)}</select>`;
  const row = (each, at) => {
    const parts = span(each);
    return html`<li class="span">${parts ? html`${days(at, parts, "first")}${parts.first === "Hol" ? nothing : html`<span>${t("to")}</span>${days(at, parts, "last")}`}
      ${time(at, parts, "from")}<span>–</span>${time(at, parts, "to")}` : html`<code>${each}</code>`}
      <button type="button" class="quiet" ?disabled=${fixed} aria-label=${t("remove_span", { span: each })} @click=${() => change(all.filter((_, i) => i !== at))}>×</button></li>`;
  };
  return html`<fieldset class="field hours"><legend>${label}</legend>
    ${all.length ? html`<ul>${all.map(row)}</ul>` : html`<p class="dim">${t("always")}</p>`}
    <div class="chips"><button type="button" class="chip" ?disabled=${fixed} @click=${() => change([...all, "Mon-Sun 06:00-23:00"])}>+ ${t("add_span")}</button>
      <button type="button" class="chip" ?disabled=${fixed} @click=${() => change([...all, "Mon-Fri 08:30-17:30"])}>+ ${t("work_days")}</button>
      ${all.length ? html`<button type="button" class="chip" ?disabled=${fixed} @click=${() => change([])}>${t("always")}</button>` : nothing}</div>
    ${wrong.map((detail) => html`<small class="error">${detail}</small>`)}</fieldset>`;
}

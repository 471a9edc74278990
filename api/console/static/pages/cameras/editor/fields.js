// Fields of the editor's forms: a label over a control, what the server says is wrong with it, lengths
// of time as a number and a unit.

import { html, nothing } from "../../../core/elements.js";
import { t } from "../../../core/words.js";

const UNITS = ["s", "m", "h", "d"];
const SECONDS = { s: 1, m: 60, h: 3600, d: 86400, w: 604800, y: 31536000 };

/** A labelled control; `wrong` are the server's words on it. */
export const field = (label, control, { hint = "", wrong = [] } = {}) => html`<label class="field"><span>${label}</span>${control}
  ${hint ? html`<small>${hint}</small>` : nothing}${wrong.map((detail) => html`<small class="error">${detail}</small>`)}</label>`;

/** A line of text. */
export const text = (label, value, change, options = {}) => field(label, html`<input type="text" .value=${value ?? ""} maxlength=${options.longest ?? 200}
  placeholder=${options.placeholder ?? ""} ?disabled=${options.fixed} @change=${(event) => change(event.target.value.trim())}>`, options);

/** A number; an empty field is null. */
export const number = (label, value, change, options = {}) => field(label, html`<input type="number" step=${options.step ?? "any"} min=${options.min ?? nothing} max=${options.max ?? nothing}
  .value=${value == null ? "" : String(value)} placeholder=${options.placeholder ?? ""} ?disabled=${options.fixed}
  @change=${(event) => change(event.target.value === "" ? null : Number(event.target.value))}>`, options);

export const day = (label, value, change, options = {}) => field(label, html`<input type="date" .value=${value ?? ""} ?disabled=${options.fixed} @change=${(event) => change(event.target.value || null)}>`, options);

/** `5m` as `[5, "m"]`, in the largest unit that leaves a whole number; null for what is no length. */
function parted(length) {
  const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*([smhdwy])\s*$/.exec(length ?? "") ?? [];
  if (amount === undefined) return null;
  const seconds = Number(amount) * SECONDS[unit];
  const whole = UNITS.filter((name) => seconds > 0 && seconds % SECONDS[name] === 0).at(-1) ?? "s";
  return [seconds / SECONDS[whole], whole];
}

const lengthWords = (length) => {
  const parts = parted(length);
  return parts ? `${parts[0]} ${t(`unit_${parts[1]}`)}` : t(length ?? "");
};

/** A length of time; an empty field takes the default, which it shows. `until` offers `until_cleared` too. */
export function duration(label, value, usual, change, { wrong = [], until = false, fixed = false } = {}) {
  const [amount, unit] = parted(value) ?? ["", value === "until_cleared" ? value : (parted(usual)?.[1] ?? (until && usual ? "until_cleared" : "m"))];
  const set = (next) => change(next.unit === "until_cleared" ? "until_cleared" : next.amount === "" ? null : `${next.amount}${next.unit}`);
  return html`<div class="field" role="group" aria-label=${label}><span>${label}</span><span class="length">
    <input type="number" min="0" step="any" aria-label=${label} .value=${String(amount)} placeholder=${parted(usual)?.[0] ?? ""} ?disabled=${fixed || unit === "until_cleared" && value != null}
      @change=${(event) => set({ amount: event.target.value, unit })}>
    <select aria-label=${t("unit_of", { label })} ?disabled=${fixed} @change=${(event) => set({ amount: amount === "" ? (parted(usual)?.[0] ?? "") : amount, unit: event.target.value })}>
      ${[...UNITS, ...(until ? ["until_cleared"] : [])].map((name) => html`<option value=${name} ?selected=${name === unit}>${name === "until_cleared" ? t(name) : t(`unit_${name}`)}</option>`)}</select>
    ${value == null ? html`<small>${t("default_is", { value: usual ? lengthWords(usual) : "–" })}</small>` : html`<button type="button" class="link" ?disabled=${fixed} @click=${() => change(null)}>${t("use_default")}</button>`}</span>
    ${wrong.map((detail) => html`<small class="error">${detail}</small>`)}</div>`;
}

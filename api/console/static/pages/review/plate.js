// The number plate of the truck that a case is about: what was read is a suggestion, a person says what it is.

import { post } from "../../core/api.js";
import { html, nothing } from "../../core/elements.js";
import { form } from "../../core/form.js";
import { percent } from "../../core/format.js";
import { ofTrucks, t } from "../../core/words.js";

/** The plate as a line of a case; nothing for who may not see plates, or where there is none to be said. */
export function plateLine(item, mayReview, done) {
  const { plate } = item;
  if (!mayReview || (!plate && !ofTrucks(item.kind))) return null;
  // Of a kind that is not installed any more a plate is still shown; the server takes no other.
  const button = !ofTrucks(item.kind) ? nothing : html`<button type="button" class="more" @click=${() => askPlate(item, done)}>${t(plate?.said ? "plate_correct" : plate ? "plate_say" : "plate_enter")}</button>`;
  if (!plate) return html`${t("plate_none")} ${button}`;
  const read = plate.text && html`<b>${plate.text}</b> <span class="dim">${t(`plate_${plate.colour}`)} · ${percent(plate.confidence)} · ${t("plate_looks", { count: plate.looks })}</span>`;
  if (!plate.said) return html`${read} <span class="dim">${t("plate_suggested")}</span> ${button}`;
  const { text, by, company } = plate.said;
  return html`<b>${text ?? t("plate_illegible_now")}</b> <span class="dim">${[company, by].filter(Boolean).join(" · ")}</span> ${button}
    ${plate.text && plate.text !== text ? html`<div class="dim">${t("plate_was_read")}${t("colon")}${read}</div>` : nothing}`;
}

/** Ask what stands on the plate; `done(item)` is called with the case after it. */
export function askPlate(item, done) {
  const known = item.plate?.said?.text ?? item.plate?.text ?? "";
  const illegible = (box) => box.querySelector("[name=illegible]")?.checked ?? false;
  form(t("plate_title"), (box) => html`<p class="hint">${t("plate_help")}</p>
    <label>${t("plate")}<input type="text" name="text" value=${known} maxlength="40" autocomplete="off" ?required=${!illegible(box)} ?disabled=${illegible(box)}></label>
    <label class="tick"><input type="checkbox" name="illegible" value="yes">${t("plate_illegible_now")}</label>
    <label>${t("note")}<input type="text" name="note" maxlength="2000"></label>`, t("plate_save"),
  async ({ text = "", illegible: none, note }) => done(await post(`/v1/cases/${encodeURIComponent(item.case_id)}/plate`, { text: none?.length ? null : text, note })));
}

/** The key that asks for it, of a case of a truck. */
export const plateKeys = (item, mayReview, done) =>
  (mayReview && item && ofTrucks(item.kind) ? { e: { label: t("plate_title"), does: () => askPlate(item, done) } } : {});

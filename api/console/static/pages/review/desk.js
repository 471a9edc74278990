// The desk: four ticks, a note, confirm or reject with a reason; or how the case was decided.

import { html, nothing } from "../../core/elements.js";
import { when } from "../../core/format.js";
import { t } from "../../core/words.js";
import { live } from "../../vendor/lit-html/directives/live.js";
import { verdict } from "./decisions.js";
import { CHECKS } from "./drafts.js";

export const UNDECIDED = ["pending_review", "silenced", "inhibited", "second_review"];

export const complete = (draft) => CHECKS.every((name) => draft.checks[name]);

/**
 * The template of the desk. `item` is the open case, `draft` its ticks and note, `rejecting` whether a reason is being
 * chosen, `holder` who else holds it, `sent` this person's decision that is under way, `acts` what the controls do.
 */
export function desk({ item, draft, rejecting, holder, sent, reasons, hint, may, acts }) {
  if (sent) return html`<section class="desk done"><p><b>${verdict(sent.body)}</b></p><p class="hint">${t(sent.state === "done" ? "sent" : "not_sent_yet")}</p>${onward(acts, acts.undoThis)}</section>`;
  if (!UNDECIDED.includes(item.stage)) return outcome(item, acts);
  if (!may.review) return html`<section class="desk"><p class="hint">${t("read_only")}</p></section>`;
  if (holder) return held(holder, item, may, acts);
  if (!item.allowed_steps.some((step) => step === "confirm" || step === "reject")) {
    return html`<section class="desk done"><p>${t("second_waits")}</p>${onward(acts, item.allowed_steps.includes("undo") && acts.undoThis)}</section>`;
  }
  return rejecting ? choose(reasons, acts) : decide(draft, hint, acts);
}

const onward = (acts, undo) => html`<div class="actions">
  ${undo ? html`<button type="button" @click=${undo}>${t("undo")}<kbd aria-hidden="true">Z</kbd></button>` : nothing}
  <button type="button" class="primary" @click=${acts.next}>${t("next_case")}<kbd aria-hidden="true">J</kbd></button></div>`;

function outcome(item, acts) {
  const { review } = item;
  return html`<section class="desk done">${review ? html`<p><b>${verdict(review)}</b></p>
    <p class="hint">${t("reviewed_by")} ${review.reviewer} · ${when(review.at)}</p>${review.note ? html`<p class="quote">${review.note}</p>` : nothing}`
    : html`<p><b>${t(item.stage)}</b></p>`}
    ${onward(acts, item.allowed_steps.includes("undo") && acts.undoThis)}</section>`;
}

const held = (holder, item, may, acts) => html`<section class="desk done"><p><b>${t("held_by", { name: holder })}</b></p>
  <p class="hint">${t("held_help")}</p><div class="actions">
  ${may.takeOver ? html`<button type="button" @click=${acts.takeOver}>${t("take_over")}</button>` : nothing}
  <button type="button" class="primary" @click=${acts.next}>${t("next_case")}<kbd aria-hidden="true">J</kbd></button></div></section>`;

const choose = (reasons, acts) => html`<section class="desk reasons" aria-labelledby="why-rejected"><h3 id="why-rejected">${t("reject_why")}</h3>
  ${reasons.map((reason, at) => html`<button type="button" class="choice" data-reason=${reason} @click=${() => acts.reject(reason)}><kbd aria-hidden="true">${at + 1}</kbd>${t(reason)}</button>`)}
  <button type="button" class="quiet" @click=${acts.cancel}>${t("cancel")}<kbd aria-hidden="true">Esc</kbd></button></section>`;

function decide(draft, hint, acts) {
  const all = complete(draft);
  const check = (name, at) => html`<label class="check"><input type="checkbox" name=${name} .checked=${live(draft.checks[name])}
    @change=${() => acts.tick(name)}><span>${t(name)}</span><kbd aria-hidden="true">${at + 1}</kbd></label>`;
  return html`<section class="desk" aria-label=${t("decision")}>
    <fieldset><legend>${t("checks")}</legend>${CHECKS.map(check)}
      <button type="button" class="all" aria-pressed=${all ? "true" : "false"} @click=${acts.tickAll}>${t("tick_all")}<kbd aria-hidden="true">A</kbd></button></fieldset>
    <input class="note" type="text" maxlength="2000" placeholder=${t("note")} aria-label=${t("note")} .value=${live(draft.note)}
      @input=${(event) => acts.note(event.target.value)} @keydown=${(event) => (event.key === "Escape" || event.key === "Enter") && event.target.blur()}>
    <p class="hint warn" role="alert" ?hidden=${!hint}>${hint}</p>
    <div class="actions"><button type="button" class="danger" @click=${acts.askReason}>${t("reject")}<kbd aria-hidden="true">R</kbd></button>
      <button type="button" class="primary ${all ? "" : "waiting"}" @click=${acts.confirm}>${t("confirm")}<kbd aria-hidden="true">C</kbd></button></div></section>`;
}

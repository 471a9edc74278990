// What is seen of the review page around picture and desk: the bar, what happened last, and what stands where
// no case is open.

import { html, nothing } from "../../core/elements.js";
import { besideKind, kindName, t } from "../../core/words.js";
import { verdict } from "./decisions.js";
import { due } from "./facts.js";
import { filters } from "./list.js";

const total = (queue) => (queue ? `${queue.total}${queue.more ? "+" : ""}` : "…");

/** The bar: what waits, filters, the open case, back and on. */
export function bar({ queue, filter, cameras, item, listed, first, acts }) {
  return html`<header class="review-bar">
    <button type="button" class="toggle" aria-expanded=${listed ? "true" : "false"} @click=${acts.toggleList}>☰ ${t("waiting_count")} <b class="number">${total(queue)}</b><kbd aria-hidden="true">L</kbd></button>
    ${filters(queue, filter, cameras, acts.choose)}
    ${item ? html`<div class="what"><h1>${kindName(item.kind)} <small>${besideKind(item.kind, item.subtype)}</small></h1>
      <p class="dim">${item.camera} · ${item.zone} · <span class="id">${item.case_id}</span></p></div>${due(item)}` : html`<div class="what"></div>`}
    <div class="steps"><button type="button" class="quiet" aria-label=${t("previous_case")} title=${`${t("previous_case")} (K)`} ?disabled=${first} @click=${acts.previous}>‹</button>
      <button type="button" class="quiet" aria-label=${t("next_case")} title=${`${t("next_case")} (J)`} @click=${acts.next}>›</button></div></header>`;
}

/** What happened last, what waits for the network, what can be taken back. `told` is `{text, tone, why, id}`. */
export function said({ mine, told, acts }) {
  const { open } = mine;
  const last = mine.last();
  return html`<div class="happened" role="status" data-open=${open.length}>
    ${open.some(({ state }) => state === "waiting") ? html`<p class="warn">${t("decisions_wait", { count: open.length })}</p>` : nothing}
    ${told ? html`<p class=${told.tone}>${told.text} ${told.why ?? ""} ${told.id ? html`<button type="button" class="link" @click=${() => acts.lookAt(told.id)}>${t("look")}</button>` : nothing}</p>` : nothing}
    ${last && !told ? html`<p class="last"><span>${last.ids ? t("bulk_done", { count: last.ids.length }) : `${verdict(last.body)} · ${kindName(last.kind)}`}</span>
      <button type="button" class="link" @click=${acts.undo}>${t("undo")} <kbd aria-hidden="true">Z</kbd></button></p>` : nothing}</div>`;
}

/** No case is open. */
export const idle = ({ queue, may, below, acts }) => html`<div class="nothing">${below}<h2>${t(queue?.total ? "pick" : "queue_empty")}</h2>
  <p>${t(queue?.total ? "pick_help" : "queue_empty_help")}</p>
  ${queue?.total && may.review ? html`<button type="button" class="primary" @click=${acts.next}>${t("begin")}<kbd aria-hidden="true">J</kbd></button>` : nothing}</div>`;

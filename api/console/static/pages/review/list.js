// What waits, as a list: which case is worth a minute first and why, who holds which; filters by kind and camera.

import { html, nothing } from "../../core/elements.js";
import { ago } from "../../core/format.js";
import { besideKind, kindName, knownKinds, t } from "../../core/words.js";
import { repeat } from "../../vendor/lit-html/directives/repeat.js";
import { due } from "./facts.js";

/** Filters over the queue. `queue` is what `waiting` gave, `filter` what is chosen, `cameras` are all that were heard of. */
export function filters(queue, filter, known, choose) {
  const option = (value, label, count) => html`<option value=${value} ?selected=${value === (filter.kind ?? "")}>${label}${count == null ? "" : ` (${count})`}</option>`;
  const kinds = knownKinds().map(({ name }) => name);
  const cameras = [...new Set([...known, ...(filter.camera ? [filter.camera] : [])])].sort();
  return html`<label class="only"><span class="hidden">${t("kind")}</span><select aria-label=${t("kind")} @change=${(event) => choose({ ...filter, kind: event.target.value })}>
      ${option("", t("all_kinds"))}${kinds.map((kind) => option(kind, kindName(kind), queue?.by_kind?.[kind] ?? (filter.kind ? null : 0)))}</select></label>
    <label class="only"><span class="hidden">${t("camera")}</span><select aria-label=${t("camera")} @change=${(event) => choose({ ...filter, camera: event.target.value })}>
      <option value="" ?selected=${!filter.camera}>${t("all_cameras")}</option>
      ${cameras.map((camera) => html`<option value=${camera} ?selected=${camera === filter.camera}>${camera}${queue?.by_camera?.[camera] == null ? "" : ` (${queue.by_camera[camera]})`}</option>`)}</select></label>`;
}

/** The list. `me` is who looks, `current` the open case, `gone` those decided here. */
export function list({ queue, current, me, gone, open, bulk, filter, failed, again }) {
  if (!queue) return html`<p class="quietly" role="status">${failed ? html`${failed} <button type="button" class="link" @click=${again}>${t("again")}</button>` : t("loading")}</p>`;
  const items = queue.items.filter(({ case_id: id }) => !gone.has(id));
  const row = (item) => {
    const holder = item.claimed_by !== me.label && item.claimed_by;
    return html`<li><button type="button" class="queued" data-case=${item.case_id} aria-current=${item.case_id === current ? "true" : nothing} @click=${() => open(item.case_id)}>
      <b>${kindName(item.kind)}</b><span>${besideKind(item.kind, item.subtype)}</span>
      <span class="dim">${item.camera} · ${item.zone}</span>
      <span class="dim">${ago(item.when.confirmed)}${(item.rank?.because ?? []).slice(0, 2).map((code) => html`<i class="because ${code}">${t(`because_${code}`)}</i>`)}${due(item)}</span>
      ${holder ? html`<span class="holder">${t("held_by", { name: holder })}</span>` : nothing}</button></li>`;
  };
  return html`${filter.camera && items.length ? html`<button type="button" class="bulk" @click=${bulk}>${t("bulk")}</button>` : nothing}
    <ol class="queue" aria-label=${t("waiting_cases")}>${repeat(items, ({ case_id: id }) => id, row)}</ol>
    ${!items.length ? html`<p class="quietly">${t("queue_empty")}</p>` : nothing}
    ${queue.total > queue.items.length || queue.more ? html`<p class="quietly">${t("first_of", { shown: queue.items.length, total: `${queue.total}${queue.more ? "+" : ""}` })}</p>` : nothing}`;
}

// Rejecting one camera's false alarms at once: what would be rejected is shown first, and nothing else is.

import { get, post } from "../../core/api.js";
import { dialog, html, nothing, render } from "../../core/elements.js";
import { when } from "../../core/format.js";
import { problem } from "../../core/sentence.js";
import { kindName, subtypeName, t } from "../../core/words.js";
import { cover, moments, sourceOf } from "./moments.js";

const MOST = 200;
const PICTURES = 12;

/** Show what would be rejected of `filter.camera`; `done(result)` is called with `{rejected, left}`. */
export async function bulkSheet(filter, { reasons, label, done }) {
  const box = dialog(t("bulk"), html`<p class="sheet">${t("loading")}</p>`);
  box.classList.add("wide");
  let error = "";
  let busy = false;
  let note = "";
  let cases = [];
  let theirs = 0;

  try {
    const { items } = await get("/v1/cases", { stage: "pending_review", camera: filter.camera, kind: filter.kind, limit: MOST });
    cases = items.filter((item) => item.cameras.length === 1 && (!item.claimed_by || item.claimed_by === label));
    theirs = items.length - cases.length;
  } catch (refused) {
    error = refused.status === undefined ? t("offline") : problem(refused);
  }

  async function reject(reason) {
    if (busy) return;
    busy = true;
    draw();
    try {
      const only = cases.map((item) => item.case_id);
      done(await post("/v1/cases/reject", { camera: filter.camera, ...(filter.kind && { kind: filter.kind }), reason, note, limit: MOST, only }));
      box.close();
    } catch (refused) {
      busy = false;
      error = refused.status === undefined ? t("offline") : problem(refused);
      if (box.isConnected) draw();
    }
  }

  function one(item) {
    const shown = cover(moments(item));
    return html`<li><img alt="" src=${shown ? sourceOf(shown.sha256, () => box.isConnected && draw()) ?? nothing : nothing}>
      <b>${subtypeName(item.kind, item.subtype)}</b><span class="dim">${item.zone} · ${when(item.when.confirmed)}</span></li>`;
  }

  function draw() {
    render(html`<div class="sheet"><h2>${t("bulk_of", { camera: filter.camera })}${filter.kind ? ` · ${kindName(filter.kind)}` : ""}</h2>
      <p>${t("bulk_count", { count: cases.length })} ${theirs ? t("bulk_left", { count: theirs }) : ""}</p>
      ${cases.length ? html`<ul class="bulk-cases">${cases.slice(0, PICTURES).map(one)}</ul>
        ${cases.length > PICTURES ? html`<details><summary>${t("bulk_others", { count: cases.length - PICTURES })}</summary><ul class="bulk-rest">
          ${cases.slice(PICTURES).map((item) => html`<li>${subtypeName(item.kind, item.subtype)} · ${item.zone} · ${when(item.when.confirmed)} <span class="id">${item.case_id}</span></li>`)}</ul></details>` : nothing}
        <label>${t("note")}<input type="text" maxlength="2000" .value=${note} @input=${(event) => { note = event.target.value; }}></label>
        <h3>${t("bulk_why", { count: cases.length })}</h3>
        ${reasons.map((reason) => html`<button type="button" class="choice" ?disabled=${busy} @click=${() => reject(reason)}>${t(reason)}</button>`)}` : nothing}
      <p class="error" role="alert" ?hidden=${!error}>${error}</p>
      <div class="row"><button type="button" class="quiet" @click=${() => box.close()}>${t("cancel")}</button></div></div>`, box);
  }

  if (box.isConnected) draw();
}

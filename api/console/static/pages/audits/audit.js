// One audit: its files while it waits for them, how far it is while it runs, what it found when it is done.

import { ask, get, post } from "../../core/api.js";
import { html, nothing, render } from "../../core/elements.js";
import { form } from "../../core/form.js";
import { when } from "../../core/format.js";
import { problem } from "../../core/sentence.js";
import { t } from "../../core/words.js";
import { follow, isOver } from "./follow.js";
import { intake } from "./intake.js";
import { results } from "./results.js";
import { progressBar, statePill, whyFailed } from "./state.js";
import { toReview } from "./to_review.js";
import { end, uploadOf } from "./upload.js";

export function oneAudit(id, { site, may }) {
  const element = document.createElement("section");
  element.className = "au-column";
  let audit = null;
  let failed = null;
  let followed = null;
  let part = null;
  let left = false;

  async function load() {
    try {
      const got = await get(`/v1/audits/${encodeURIComponent(id)}`);
      if (left) return;
      failed = null;
      is(got);
    } catch (error) {
      if (left || error.status === 401) return;
      failed = error;
      draw();
    }
  }

  /** It stands as this says from now on. */
  function is(now) {
    const before = audit?.state;
    audit = now;
    if (before !== now.state) {
      part?.leave();
      part = null;
      if (may && now.state === "done") part = toReview(now, draw);
    }
    if (may && now.state === "uploading" && now.files) {
      const upload = uploadOf(id, site.me.id);
      part ??= intake(upload, is, draw);
      upload.take(now.files);
    }
    if (["queued", "running"].includes(now.state)) followed ??= follow(id, is);
    else if (isOver(now)) followed = null;
    draw();
  }

  const cancel = () => form(t("au_cancel"), () => html`<p>${t("au_cancel_help")}</p>`, t("au_cancel"), async () => {
    is(await post(`/v1/audits/${id}/cancel`));
  }, { tone: "danger" });

  const remove = () => form(t("au_delete"), () => html`<p>${t("au_delete_help", { name: audit.name })}</p>`, t("au_delete"), async () => {
    await ask(`/v1/audits/${id}`, { method: "DELETE" });
    end(id);
    location.hash = "#/audits";
  }, { tone: "danger" });

  function body() {
    if (part && audit.state === "uploading") return part.shown();
    if (audit.state === "done") return html`${results(audit)}${part ? part.shown() : nothing}`;
    const said = audit.state === "running" ? progressBar(audit) : html`<p class=${audit.state === "failed" ? "error" : ""}>${audit.state === "failed" ? whyFailed(audit) : t(`au_is_${audit.state}`)}</p>`;
    return html`<section class="au-card"><div class="au-progress">${said}</div></section>`;
  }

  function draw() {
    if (left) return;
    if (!audit) {
      render(html`<a class="au-back" href="#/audits">‹ ${t("au_back")}</a>${failed ? html`<div class="au-none" role="alert"><p>${failed.status === undefined ? t("offline") : problem(failed)}</p>
        ${[403, 404, 422].includes(failed.status) ? nothing : html`<button type="button" class="au-button" @click=${load}>${t("retry")}</button>`}</div>` : html`<p class="au-none" role="status">${t("loading")}</p>`}`, element);
      return;
    }
    const begun = ["queued", "running"].includes(audit.state);
    render(html`<a class="au-back" href="#/audits">‹ ${t("au_back")}</a>
      <header class="au-head"><div><h1>${audit.name}</h1><p class="dim">${statePill(audit)}<span>${when(audit.created_at)} · ${audit.by} · ${t("au_report_in", { language: t(`au_in_${audit.language}`) })}</span></p></div>
        ${may ? html`<div class="au-acts">${begun ? html`<button type="button" class="au-button" @click=${cancel}>${t("au_cancel")}</button>` : html`<button type="button" class="danger" @click=${remove}>${t("au_delete")}</button>`}</div>` : nothing}</header>
      ${body()}`, element);
  }

  draw();
  return {
    element, load, redraw: draw,
    leave() {
      left = true;
      part?.leave();
      followed?.close();
    },
  };
}

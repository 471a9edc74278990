// The table of cases: as tall as all of them, drawn only where it is seen.

import { media } from "../../core/api.js";
import { html, nothing, render } from "../../core/elements.js";
import { ago, lasting, percent, when } from "../../core/format.js";
import { problem, word } from "../../core/sentence.js";
import { pill } from "../../core/stages.js";
import { besideKind, kindName, passes, t } from "../../core/words.js";
import { repeat } from "../../vendor/lit-html/directives/repeat.js";

const TALL = 60;
const TALL_NARROW = 92;
const BEYOND = 6;
const STILL_MS = 120;
const COLUMNS = 8;

/** `element`, `draw(rows, narrowed)`, `focus()`; `again()` asks once more after a failure. */
export function table({ again }) {
  const element = document.createElement("div");
  element.className = "scroller";
  element.tabIndex = -1;
  const narrow = matchMedia("(max-width: 860px)");
  const pictures = new Map();
  let rows = null;
  let some = false;
  let still = 0;
  let place = 0; // how far somebody has scrolled: an element that is taken out forgets it
  const tall = () => (narrow.matches ? TALL_NARROW : TALL);

  /** The picture of a row, once scrolling has come to rest. */
  function picture(sha256) {
    if (!sha256) return null;
    if (!pictures.has(sha256) && still) return null;
    if (!pictures.has(sha256)) {
      pictures.set(sha256, null);
      media(sha256).then((url) => { pictures.set(sha256, url); show(); }, () => {});
    }
    return pictures.get(sha256);
  }

  function scrolled() {
    place = element.scrollTop;
    clearTimeout(still);
    still = setTimeout(() => { still = 0; show(); }, STILL_MS);
    show();
  }

  function window_() {
    const from = Math.max(0, Math.floor(element.scrollTop / tall()) - BEYOND);
    return [from, Math.min(rows.items.length, from + Math.ceil(element.clientHeight / tall()) + 2 * BEYOND)];
  }

  function show() {
    if (!rows) return;
    const [from, until] = window_();
    if (until + BEYOND >= rows.items.length && !rows.ended && !rows.asking && !rows.failed) rows.more();
    const space = (count) => html`<tr class="space" aria-hidden="true"><td colspan=${COLUMNS} height=${count * tall()}></td></tr>`;
    const heads = ["", "kind", "stage", "case_due", "place", "first_seen", "dwell", "score"];
    render(html`<table class="cases-table" aria-rowcount=${rows.ended ? rows.items.length + 1 : -1}>
      <caption class="unseen">${t("cases")}</caption>
      <thead><tr>${heads.map((head) => html`<th scope="col">${head ? t(head) : html`<span class="unseen">${t("picture_of")}</span>`}</th>`)}</tr></thead>
      <tbody>${from ? space(from) : nothing}${repeat(rows.items.slice(from, until), (one) => one.case_id, (one, at) => row(one, from + at))}
        ${until < rows.items.length ? space(rows.items.length - until) : nothing}</tbody></table>${foot()}`, element);
  }

  function row(one, at) {
    const href = `#/cases/${encodeURIComponent(one.case_id)}`;
    const late = one.deadline && Date.parse(one.deadline) < Date.now();
    return html`<tr aria-rowindex=${at + 2} data-case=${one.case_id} @click=${(event) => !event.target.closest("a") && (location.hash = href)}>
      <td class="pic">${picture(one.picture) ? html`<img src=${picture(one.picture)} alt="">` : html`<span class="none"></span>`}</td>
      <td class="what"><a href=${href}>${kindName(one.kind)}</a><small>${besideKind(one.kind, one.subtype)}</small></td>
      <td class="how">${pill(one.stage)}${one.outcome ? html`<small>${word("outcomes", one.outcome)}</small>` : one.reason ? html`<small>${word("rejections", one.reason)}</small>` : one.claimed_by ? html`<small>${t("held_now", { name: one.claimed_by })}</small>` : nothing}</td>
      <td class="term">${one.deadline ? html`<span class=${late ? "late" : ""} title=${when(one.deadline)}>${late ? `${t("due_overdue")} ` : ""}${ago(one.deadline)}</span>` : html`<span class="dim">–</span>`}</td>
      <td class="where"><span>${one.address || one.zone}</span><small>${one.camera}${one.address ? ` · ${one.zone}` : ""}</small></td>
      <td class="number">${when(one.first_seen)}</td>
      <td class="number">${passes(one.kind) ? "–" : lasting(one.dwell_s)}</td>
      <td class="number">${percent(one.score)}</td></tr>`;
  }

  function foot() {
    if (rows.failed) {
      return html`<div class="foot"><p class="error">${problem(rows.failed) || t("offline")}</p><button type="button" class="more" @click=${again}>${t("retry")}</button></div>`;
    }
    if (rows.asking) return html`<p class="foot dim" role="status">${t("loading_cases")}</p>`;
    if (!rows.items.length) {
      return html`<div class="empty"><h2>${t(some ? "none" : "none_yet")}</h2><p>${t(some ? "none_help" : "none_yet_help")}</p></div>`;
    }
    return html`<p class="foot dim">${rows.ended ? t("cases_all", { count: rows.items.length }) : nothing}</p>`;
  }

  element.addEventListener("scroll", scrolled, { passive: true });
  const resized = new ResizeObserver(() => show());
  resized.observe(element);
  return {
    element,
    draw(next, narrowed) {
      rows = next;
      some = narrowed;
      show();
    },
    top() { element.scrollTop = place = 0; },
    /** As it was before another element stood in its place. */
    back() {
      const at = place;
      show();
      element.scrollTop = at;
    },
    get resting() { return element.scrollTop < tall(); },
    close() { resized.disconnect(); },
  };
}

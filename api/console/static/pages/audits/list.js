// The list of audits, the newest first; what runs is followed as it goes on.

import { get, post } from "../../core/api.js";
import { html, nothing, render, toast } from "../../core/elements.js";
import { form } from "../../core/form.js";
import { when } from "../../core/format.js";
import { problem } from "../../core/sentence.js";
import { spoken, t } from "../../core/words.js";
import { follow, isOver } from "./follow.js";
import { kindsFound, progressBar, statePill, whyFailed } from "./state.js";

/** As many run at once; a browser keeps six connections to a server, and the pages need some of them. */
const FOLLOWED = 2;

export function auditList({ may }) {
  const element = document.createElement("section");
  element.className = "au-column";
  const followed = new Map();
  let items = null;
  let next = null;
  let failed = null;
  let left = false;

  async function load() {
    try {
      const page = await get("/v1/audits");
      items = page.items;
      next = page.next;
      failed = null;
    } catch (error) {
      if (error.status === 401) return;
      failed = error;
    }
    if (left) return;
    draw();
    followSome();
  }

  async function further() {
    try {
      const page = await get("/v1/audits", { cursor: next });
      items = [...items, ...page.items];
      next = page.next;
      draw();
    } catch (error) {
      if (error.status !== 401) toast(error.status === undefined ? t("offline") : problem(error), "bad");
    }
  }

  /** Those that run come first; of those that wait the oldest, whose turn is next. */
  function followSome() {
    const order = (one) => (one.state === "running" ? 0 : 1);
    const open = (items ?? []).filter(({ state }) => ["running", "queued"].includes(state)).reverse().sort((a, b) => order(a) - order(b)).slice(0, FOLLOWED);
    for (const [id, one] of followed) {
      if (open.some((each) => each.id === id)) continue;
      one.close();
      followed.delete(id);
    }
    for (const { id } of open) if (!followed.has(id)) followed.set(id, follow(id, heard));
  }

  function heard(audit) {
    items = items.map((one) => (one.id === audit.id ? audit : one));
    if (isOver(audit)) {
      followed.delete(audit.id);
      load(); // another one has its turn
    }
    draw();
  }

  function make() {
    form(t("au_new"), () => html`<label>${t("au_name")}<input name="name" required maxlength="200" autocomplete="off"></label>
      <label>${t("au_language")}<select name="language">${["zh", "en"].map((code) => html`<option value=${code} ?selected=${code === spoken()}>${t(`au_in_${code}`)}</option>`)}</select></label>
      <p class="hint">${t("au_new_help")}</p>`, t("au_make"),
    async (values) => { location.hash = `#/audits/${(await post("/v1/audits", values)).id}`; });
  }

  const row = (one) => html`<li><div class="au-what"><a href="#/audits/${one.id}">${one.name}</a><small>${when(one.created_at)} · ${one.by}</small></div>
    ${statePill(one)}
    <div class="au-how">${one.state === "running" ? progressBar(one) : one.state === "failed" ? html`<small class="error">${whyFailed(one)}</small>` : kindsFound(one.counts)}</div></li>`;

  function draw() {
    const none = failed ? html`<div class="au-none" role="alert"><p>${failed.status === undefined ? t("offline") : problem(failed)}</p>${failed.status === 403 ? nothing : html`<button type="button" class="au-button" @click=${load}>${t("retry")}</button>`}</div>`
      : items === null ? html`<p class="au-none" role="status">${t("loading")}</p>`
        : items.length ? nothing : html`<div class="au-none"><p>${t("au_none")}</p><p class="dim">${t(may ? "au_none_help" : "au_none_reader")}</p></div>`;
    render(html`<header class="au-head"><h1>${t("audits")}</h1>${may && failed?.status !== 403 ? html`<button type="button" class="primary" @click=${make}>${t("au_new")}</button>` : nothing}</header>
      ${none === nothing ? html`<ul class="au-list">${items.map(row)}</ul>` : none}
      ${next ? html`<button type="button" class="au-button" @click=${further}>${t("more")}</button>` : nothing}`, element);
  }

  draw();
  return {
    element, load, redraw: draw,
    keys: () => (may ? { n: { label: t("au_new"), does: make } } : {}),
    leave() {
      left = true;
      for (const one of followed.values()) one.close();
    },
  };
}

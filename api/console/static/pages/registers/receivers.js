// Receivers of webhooks: what waits for each, since when one fails, dead letters that can be sent again, a test.

import { get, post } from "../../core/api.js";
import { html, nothing, toast } from "../../core/elements.js";
import { ago, when } from "../../core/format.js";
import { eventName, problem } from "../../core/sentence.js";
import { kindName, t } from "../../core/words.js";
import { book, table } from "./book.js";

const SHOWN = 50;

/** The register of receivers, for who may see deliveries. */
export function receivers({ can }) {
  const said = new Map(); // name → what the last test said
  const opened = new Map(); // name → its dead letters
  const mine = book({ ask: async () => (await get("/v1/webhooks")).items, shown });

  const tried = (doing) => doing.catch((error) => error.status !== 401 && toast(error.status === undefined ? t("offline") : problem(error), "bad"));
  const path = (name) => `/v1/webhooks/${encodeURIComponent(name)}`;

  async function ping(name) {
    said.set(name, t("pinging"));
    mine.redraw();
    try {
      const now = await post(`${path(name)}/ping`);
      said.set(name, `${now.accepted ? t("ping_good") : now.said} (${now.status ?? t("no_answer")}, ${now.latency_ms} ms)`);
    } catch (error) {
      said.set(name, error.status === undefined ? t("offline") : problem(error));
    }
    mine.redraw();
  }

  async function letters(name) {
    if (opened.has(name)) opened.delete(name);
    else opened.set(name, (await get(`${path(name)}/deliveries`, { state: "dead", limit: SHOWN })).items);
    mine.redraw();
  }

  async function replay(name, delivery) {
    const { replayed } = await post(`${path(name)}/replay${delivery ? `?delivery=${delivery}` : ""}`);
    toast(replayed ? t("replayed_count", { count: replayed }) : t("replayed_none"), replayed ? "good" : "info");
    opened.delete(name);
    await mine.load();
  }

  function shown(items) {
    if (!items.length) return html`<p class="empty">${t("no_receivers")}</p>`;
    return html`<div class="receivers">${items.map(one)}</div>`;
  }

  function one(hook) {
    const dead = opened.get(hook.name);
    const matters = [hook.kinds.length ? hook.kinds.map((kind) => (kind === "all" ? t("all") : kindName(kind))).join(t("list_comma")) : t("all_kinds"), hook.stages.map(eventName).join(t("list_comma")), hook.cameras.join(t("list_comma"))].filter(Boolean).join(" · ");
    return html`<article class="receiver" aria-label=${hook.name}><header><h2>${hook.name}</h2><span class="dim">${[hook.adapter, hook.url].filter(Boolean).join(" · ")}</span></header>
      <p class="dim">${matters}</p>
      <dl class="counts"><div><dt>${t("delivery_pending")}</dt><dd>${hook.pending}</dd></div><div><dt>${t("delivered")}</dt><dd>${hook.delivered}</dd></div><div class=${hook.dead ? "bad" : ""}><dt>${t("dead_letters")}</dt><dd>${hook.dead}</dd></div></dl>
      ${hook.removed ? html`<p class="error">${t("removed_help")}</p>` : nothing}
      ${hook.disabled_at ? html`<p class="error">${t("disabled_since", { at: when(hook.disabled_at) })}</p>` : nothing}
      ${hook.failing_since ? html`<p class="error">${t("failing_since")} ${ago(hook.failing_since)}${hook.last_error ? `${t("colon")}${hook.last_error}` : ""}</p>` : nothing}
      <div class="acts">${hook.dead ? html`<button type="button" class="choice" aria-expanded=${dead ? "true" : "false"} @click=${() => tried(letters(hook.name))}>${t("dead_show")}</button>` : nothing}
        ${can("replay") && !hook.removed && (hook.dead || hook.disabled_at) ? html`<button type="button" class="choice" @click=${() => tried(replay(hook.name))}>${t("replay_all")}</button>` : nothing}
        ${can("replay") && !hook.removed ? html`<button type="button" class="choice" @click=${() => ping(hook.name)}>${t("ping")}</button>` : nothing}
        <span role="status" class="dim">${said.get(hook.name) ?? ""}</span></div>
      ${dead ? table([
        { head: t("cases"), cell: (row) => html`<a href="#/cases/${row.case_id}">${row.case_id}</a>` },
        { head: t("stage"), cell: (row) => eventName(row.type) },
        { head: t("time"), cell: (row) => when(row.created_at, true), number: true },
        { head: t("result"), cell: (row) => html`${row.last_result ?? ""} <small>${t("attempts", { count: row.attempts })}</small>` },
        { head: "", cell: (row) => (can("replay") && !hook.removed ? html`<button type="button" class="choice" @click=${() => tried(replay(hook.name, row.id))}>${t("replay")}</button>` : nothing) },
      ], dead, t("dead_none"), t("dead_letters")) : nothing}</article>`;
  }

  return { ...mine, heard: ({ type }) => { if (type === "clock" || type === "reached") mine.load(); } };
}

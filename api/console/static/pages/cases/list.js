// All cases: narrowed by filters that stand in the address, as a table or on the map.

import { get, withQuery } from "../../core/api.js";
import { html, nothing, render, toast } from "../../core/elements.js";
import { download } from "../../core/download.js";
import { problem } from "../../core/sentence.js";
import { spoken, t } from "../../core/words.js";
import { filterBar } from "./filters.js";
import { caseMap } from "./map.js";
import { addressOf, asked, fromAddress, narrowed } from "./query.js";
import { rows } from "./rows.js";
import { searches } from "./searches.js";
import { table } from "./table.js";

const NONE = fromAddress(new URLSearchParams());
const NEAR_M = 300;

/** `element`, `open(query)`, `heard(event)`, `redraw()`, `leave()`, `keys()`. */
export function list() {
  const element = document.createElement("div");
  element.className = "cases";
  const found = rows(draw);
  const shown = table({ again: () => found.more() });
  const saved = searches(draw);
  let onMap = null;
  let cameras = [];
  let filters = null;
  let taking = false;

  get("/v1/cameras").then(({ items }) => { cameras = items; draw(); }, () => {});
  saved.load().catch(() => {});

  function open(query) {
    const next = fromAddress(query);
    const same = filters && addressOf({ ...next, view: "" }) === addressOf({ ...filters, view: "" });
    filters = next;
    if (!same) {
      shown.top();
      found.start(asked(filters)).then(onTheMap);
    } else onTheMap();
    draw();
    if (same) shown.back();
  }

  async function onTheMap() {
    if (filters.view !== "map") return;
    onMap ??= caseMap({ near: ([lon, lat]) => set({ near: `${lon.toFixed(5)},${lat.toFixed(5)},${NEAR_M}` }) });
    draw();
    await onMap.show(asked(filters), found.items).catch(said);
  }

  const said = (error) => error.status !== 401 && error.status !== undefined && toast(problem(error), "bad");

  /** Another filter is another address, so that Back leads to the one before. */
  const set = (change) => { location.hash = addressOf(change === null ? { ...NONE, view: filters.view } : { ...filters, ...change }); };

  async function csv() {
    taking = true;
    draw();
    await download(withQuery("/v1/cases.csv", { ...asked(filters), language: spoken() }), "cases.csv").catch(said);
    taking = false;
    draw();
  }

  function draw() {
    if (!filters) return;
    const views = html`<div class="switch" role="group" aria-label=${t("shown_as")}>${[["", "as_table"], ["map", "as_map"]].map(([view, word]) => html`<button type="button"
      aria-pressed=${filters.view === view ? "true" : "false"} @click=${() => set({ view })}>${t(word)}</button>`)}</div>`;
    const actions = html`<button type="button" class="more" ?disabled=${taking} @click=${csv}>${t(taking ? "csv_making" : "csv")}</button>${views}`;
    const bar = filterBar({ filters, cameras, set, searches: saved.menu(filters), actions });
    render(html`<h1 class="unseen">${t("cases")}</h1>${bar}${filters.view === "map" ? onMap?.element ?? nothing : shown.element}`, element);
    shown.draw(found, narrowed(filters) > 0);
  }

  return {
    element, open,
    get address() { return filters ? addressOf(filters) : "#/cases"; },
    heard({ type }) {
      if (["case", "clock", "reached"].includes(type) && shown.resting && !document.hidden && element.isConnected) found.refresh().catch(() => {});
    },
    redraw() {
      draw();
      onMap?.redraw();
    },
    leave() {
      shown.close();
      onMap?.close();
    },
    keys: () => ({
      "/": { label: t("text"), does: () => element.querySelector("[name=text]").focus() },
      m: { label: t("k_map"), does: () => set({ view: filters.view ? "" : "map" }) },
    }),
  };
}

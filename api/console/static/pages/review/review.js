// The review queue: what waits on the left, the chosen case on the right.

import { at, get } from "../../core/api.js";
import { detail } from "./detail.js";
import { fill, h, toast } from "../../core/dom.js";
import { thumbnail } from "./pictures.js";
import { ago, lasting } from "../../core/format.js";
import { kindName, subtypeName, t } from "../../core/words.js";

const PAGE = 50;

/** The view of the queue: `element`, `refresh()`, `keys`, `waiting()`. */
export function reviewView(site, counted) {
  const list = h("ol.queue", { "aria-label": t("review") });
  const pane = h("div.pane");
  const element = h("div.split", {}, h("nav.listing", {}, list), pane);
  let items = [];
  let next = null;
  let pages = 1;
  let chosen = null;
  let card = null;

  async function refresh() {
    const got = [];
    let cursor = "";
    for (let page = 0; page < pages && cursor !== null; page += 1) {
      const answer = await get("/v1/cases", { stage: "pending_review", limit: PAGE, cursor });
      got.push(...answer.items);
      cursor = answer.next;
    }
    const before = signature(items, next);
    items = got;
    next = cursor;
    counted(items.length, next !== null);
    if (signature(items, next) !== before || !list.children.length) draw();
    if (!chosen && items.length && !narrow()) await choose(items[0].case_id);
    if (!items.length && !chosen) empty();
  }

  const signature = (all, more) => JSON.stringify([all.map((i) => [i.case_id, i.when.last_seen, i.sightings]), more]);
  const narrow = () => matchMedia("(max-width: 860px)").matches;

  function draw() {
    fill(list, items.map(row), next !== null && h("li", {}, h("button.more", { type: "button", onclick: more }, t("more"))),
      !items.length && h("li.quietly", {}, t("queue_empty")));
  }

  async function more() {
    pages += 1;
    await refresh();
  }

  function row(item) {
    return h("li", {}, h("button.card", {
      type: "button", "data-case": item.case_id, "aria-current": item.case_id === chosen ? "true" : null,
      onclick: () => choose(item.case_id),
    }, thumbnail(item), h("div.what", {},
      h("b", {}, kindName(item.kind)), h("span", {}, subtypeName(item.kind, item.subtype)),
      h("span.dim", {}, `${item.camera} · ${item.zone}`),
      h("span.dim", {}, `${ago(item.when.confirmed)} · ${t("dwell")} ${lasting(item.when.dwell_s)}`))));
  }

  async function choose(caseId) {
    chosen = caseId;
    card = null; // until the new case is here, no key may act on the old one
    mark();
    try {
      const item = await get(`/v1/cases/${encodeURIComponent(caseId)}`);
      if (chosen !== caseId) return;
      card = detail(item, site, { decided: () => leave(caseId), lost: () => leave(caseId), back: close });
      fill(pane, card);
      element.classList.add("open");
      pane.scrollTop = 0;
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  function mark() {
    for (const button of list.querySelectorAll("[data-case]")) {
      const is = button.dataset.case === chosen;
      if (is) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
      if (is) button.scrollIntoView({ block: "nearest" });
    }
  }

  function close() {
    chosen = card = null;
    element.classList.remove("open");
    mark();
    empty();
  }

  function empty() {
    fill(pane, h("div.empty", {}, h("img", { src: at("/static/icon.svg"), alt: "" }),
      h("h2", {}, t(items.length ? "pick" : "queue_empty")), !items.length && h("p", {}, t("queue_empty_help"))));
  }

  /** The next case comes up; the list follows with the next refresh. */
  async function leave(caseId) {
    const at = items.findIndex((item) => item.case_id === caseId);
    items = items.filter((item) => item.case_id !== caseId);
    counted(items.length, next !== null);
    draw();
    const follower = items[Math.min(at, items.length - 1)];
    if (follower && !narrow()) await choose(follower.case_id);
    else close();
  }

  function step(by) {
    const at = items.findIndex((item) => item.case_id === chosen);
    const to = items[Math.max(0, Math.min(items.length - 1, at + by))];
    if (to && to.case_id !== chosen) choose(to.case_id);
  }

  const keys = {
    j: () => step(1), k: () => step(-1), c: () => card?.confirm?.(), r: () => card?.reject?.(),
    1: () => card?.tick?.(0), 2: () => card?.tick?.(1), 3: () => card?.tick?.(2), 4: () => card?.tick?.(3),
  };
  return { element, refresh, keys };
}

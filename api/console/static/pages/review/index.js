// The review queue: one case at a time, held while it is looked at, the next one ready behind it.

import { html, nothing, render } from "../../core/elements.js";
import { problem } from "../../core/sentence.js";
import { kindName, t } from "../../core/words.js";
import { bulkSheet } from "./bulk.js";
import { decisions } from "./decisions.js";
import { complete, desk, UNDECIDED } from "./desk.js";
import { CHECKS, draftOf, keepDraft } from "./drafts.js";
import { facts } from "./facts.js";
import { holds } from "./holds.js";
import { list } from "./list.js";
import { look } from "./look.js";
import * as server from "./queue.js";
import { placeMap } from "./place.js";
import { bar, idle, said } from "./view.js";

const FEW = 1; // cases that are asked for while nobody sees the list
const SLOW_MS = 120;
const SOON_MS = 400; // many cases at once are one change of the list
const COUNT_MS = 30_000; // how often a server without events is asked

export default function reviewPage({ site, shell }) {
  const me = site.me;
  const can = (right) => me.rights.includes(right);
  const may = { review: can("review"), takeOver: can("take_over") };
  const element = document.createElement("div");
  const phone = matchMedia("(max-width: 860px)");
  const passed = new Set(); // looked at here and left undecided
  const visited = [];
  const cameras = new Set();
  let filter = { kind: "", camera: "" };
  let queue = null;
  let failed = "";
  let current = null; // {item, holder}: what is shown, and what every key acts on
  let draft = null;
  let opening = ""; // the id, or "next", while a case is on its way
  let rejecting = false;
  let listed = phone.matches || !may.review;
  let hint = "";
  let told = null; // {text, tone}: what happened last
  let left = false;
  let counted = 0;
  let soon = null;
  let below = false; // on a phone: whether Back leads to the list

  const mine = decisions(me, settled);
  const pictures = look({
    mayOriginal: can("originals"), mayReview: may.review,
    masked: (item) => { current = { ...current, item }; pictures.show(item, { again: true }); draw(); },
    said: refuse,
  });
  const map = placeMap(() => draw());
  const hold = holds({ ask: () => server.next(filter, skip(), me), lost: (id) => current?.item.case_id === id && refresh(id) });

  /* What comes next */

  const skip = () => [...new Set([...(current ? [current.item.case_id] : []), ...passed, ...mine.open.map(({ id }) => id)])];

  function prepare() {
    if (may.review) hold.prepare();
  }

  function leaveCurrent() {
    if (!current) return;
    const { item } = current;
    visited.push(item.case_id);
    if (!mine.of(item.case_id)) {
      if (UNDECIDED.includes(item.stage)) passed.add(item.case_id);
      hold.letGo(item.case_id);
    } else hold.decided(item.case_id);
  }

  async function next() {
    if (opening) return;
    const from = current?.item.case_id;
    leaveCurrent();
    opening = "next";
    try {
      let item = await another(from);
      if (!item && passed.size) { // once round: what was passed over comes up again
        passed.clear();
        current = null;
        hold.taken();
        item = await another();
      }
      opening = "";
      hold.taken();
      if (item) show(item);
      else close();
    } catch (error) {
      opening = "";
      close();
      refuse(error);
    }
  }

  /**
   * The next case; while it is not there yet the page says so. What was made ready may since have been opened
   * and decided (after an undo): that is not the next one.
   */
  async function another(from) {
    const waiting = setTimeout(() => { current = null; pictures.clear(); draw(); }, SLOW_MS);
    try {
      const made = await hold.ready;
      if (made && made.case_id !== from && !mine.of(made.case_id)) return made;
      hold.taken();
      prepare();
      return await hold.ready;
    } finally {
      clearTimeout(waiting);
    }
  }

  function previous() {
    const id = visited.pop();
    if (id) openCase(id, { back: true });
  }

  /** Open a case by its id: claimed if it can be, else with who holds it. */
  async function openCase(id, { back = false } = {}) {
    if (opening === id || (current?.item.case_id === id && !back)) return;
    if (!back) leaveCurrent();
    else if (current) hold.letGo(current.item.case_id);
    opening = id;
    current = null;
    pictures.clear();
    draw();
    try {
      let item = await server.read(id);
      let holder = null;
      if (may.review && UNDECIDED.includes(item.stage) && !mine.of(id)) {
        try {
          await hold.claim(id);
        } catch (error) {
          if (error.status !== 409) throw error;
          item = await server.read(id);
          holder = item.claimed_by;
        }
      }
      if (opening !== id || left) return void hold.letGo(id);
      opening = "";
      show(item, holder);
    } catch (error) {
      if (opening === id) opening = "";
      close();
      refuse(error);
    }
  }

  function show(item, holder = null) {
    const sent = mine.of(item.case_id);
    if (sent?.state === "done" && item.allowed_steps.includes("reject")) mine.forget(sent); // somebody took it back
    current = { item, holder };
    draft = draftOf(me.id, item.case_id);
    passed.delete(item.case_id);
    rejecting = false;
    hint = "";
    listed = listed && !phone.matches;
    pictures.show(item).finally(() => { // first what is looked at, then what is not seen yet
      if (left || current?.item !== item) return;
      map.show(item);
      prepare();
      if (!counted) count();
    });
    shell.at(["review", item.case_id], filter);
    draw();
    element.querySelector(".facts-side")?.scrollTo(0, 0);
  }

  function close() {
    current = null;
    rejecting = false;
    pictures.clear();
    listed = true;
    shell.at(["review"], filter);
    draw();
    count();
  }

  /* What is decided */

  const undecided = () => current && !opening && !current.holder && may.review && UNDECIDED.includes(current.item.stage) && !mine.of(current.item.case_id);

  function decide(body) {
    const { item } = current;
    keepDraft(me.id, item.case_id, draft);
    told = null;
    if (queue) fewer(item.case_id);
    mine.add({ id: item.case_id, kind: item.kind, body: { ...body, checks: { ...draft.checks }, note: draft.note } });
    next();
  }

  /** One less waits, until the server counts again. */
  function fewer(id) {
    queue = { ...queue, total: Math.max(0, queue.total - 1), items: queue.items.filter((one) => one.case_id !== id) };
    if (!filter.kind && !filter.camera) shell.counted(queue.total);
  }

  function confirm() {
    if (!undecided() || pictures.drawing) return undefined;
    if (complete(draft)) return decide({ decision: "confirm" });
    hint = t("checks_first");
    return draw();
  }

  function reject(reason) {
    if (undecided() && rejecting && reason) decide({ decision: "reject", reason });
  }

  function tick(name) {
    if (!undecided()) return;
    draft.checks[name] = !draft.checks[name];
    kept();
  }

  function tickAll() {
    if (!undecided()) return;
    const all = complete(draft);
    for (const name of CHECKS) draft.checks[name] = !all;
    kept();
  }

  function kept() {
    hint = "";
    keepDraft(me.id, current.item.case_id, draft);
    draw();
  }

  function choosing(is) {
    if (is && !undecided()) return;
    rejecting = is;
    draw();
    if (is) element.querySelector(".reasons button")?.focus();
  }

  /** A decision has moved on: sent, refused, or taken back. */
  function settled(entry) {
    if (entry.state === "done") {
      keepDraft(me.id, entry.id, draftOf("", ""));
      told = null;
      if (!current) countSoon();
    }
    if (entry.state === "refused") {
      told = { tone: "bad", text: t("not_taken", { kind: kindName(entry.kind) }), why: entry.why, id: entry.id };
      mine.forget(entry);
    }
    if (!left) draw();
  }

  async function undo(entry = mine.last()) {
    if (!entry) return undefined;
    const { body, id, ids } = entry;
    try {
      await mine.undo(entry);
    } catch (error) {
      return refuse(error);
    }
    if (!ids && body.checks) keepDraft(me.id, id, { checks: body.checks, note: body.note });
    told = { tone: "good", text: t("undone_now") };
    count();
    if (!ids) return openCase(id);
    return draw();
  }

  async function undoThis() {
    const { item } = current;
    const entry = mine.of(item.case_id);
    if (entry) {
      current = null;
      return undo(entry);
    }
    return undo({ id: item.case_id, state: "done", body: {} });
  }

  async function takeOver() {
    const { item } = current;
    try {
      await hold.claim(item.case_id, true);
      if (current?.item === item) current = { item, holder: null };
      draw();
    } catch (error) {
      refuse(error);
    }
  }

  const bulk = () => bulkSheet(filter, { reasons: site.rejections, label: me.label, done: ({ rejected, left: others }) => {
    told = { tone: "good", text: t("bulk_done", { count: rejected.length }) + (others.length ? ` ${t("bulk_left", { count: others.length })}` : "") };
    if (rejected.length) server.read(rejected[0]).then((item) => mine.noteAll(rejected, item.undo_until), () => {});
    const open = current?.item.case_id;
    hold.drop();
    if (rejected.includes(open)) { hold.decided(open); current = null; next(); }
    count();
  } });

  /* What the server says */

  function refuse(error) {
    // That the session is over, or the server away, the frame says.
    if (error.status !== 401 && (error.status !== undefined || error.name === "Error")) told = { tone: "bad", text: problem(error) };
    draw();
  }

  async function count() {
    counted = Date.now();
    try {
      queue = await server.waiting(filter, listed ? undefined : FEW);
      failed = "";
      Object.keys(queue.by_camera).forEach((camera) => cameras.add(camera));
      if (!filter.kind && !filter.camera) shell.counted(queue.total);
    } catch (error) {
      if (error.status === 401) return;
      failed = error.status === undefined ? t("offline") : problem(error);
    }
    if (!left) draw();
  }

  function countSoon() {
    soon ??= setTimeout(() => { soon = null; count(); }, SOON_MS);
  }

  function choose(next) {
    filter = next;
    queue = null;
    passed.clear();
    hold.drop();
    shell.at(current ? ["review", current.item.case_id] : ["review"], filter);
    draw();
    count();
    prepare();
  }

  async function refresh(id) {
    if (mine.of(id)) return;
    const item = await server.read(id).catch(() => null);
    if (!item || current?.item.case_id !== id || mine.of(id)) return;
    const others = UNDECIDED.includes(item.stage) && !hold.has(id) ? item.claimed_by : null;
    if (!UNDECIDED.includes(item.stage)) hold.decided(id);
    current = { item, holder: others };
    if (!UNDECIDED.includes(item.stage)) rejecting = false;
    pictures.show(item, { again: true });
    draw();
  }

  function heard({ type, data }) {
    if (type === "case") {
      if (data.id === current?.item.case_id) refresh(data.id);
      if (listed) countSoon();
    } else if (type === "queue") {
      if (data.total !== queue?.total && !listed) queue = queue && !filter.kind && !filter.camera ? { ...queue, total: data.total } : queue;
      if (listed) countSoon();
      else draw();
      if (!current && !opening && data.total && !phone.matches) next();
    } else if (type === "reached" || type === "missed") {
      mine.send();
      count();
      if (current) refresh(current.item.case_id);
      if (current) prepare();
      else if (!opening && may.review && !phone.matches) next();
    } else if (type === "clock" && Date.now() - counted > (listed ? COUNT_MS / 3 : COUNT_MS)) {
      count().then(() => !current && !opening && queue?.items.some((item) => !item.claimed_by) && !phone.matches && next());
    }
  }

  /* What is seen */

  const acts = {
    tick, tickAll, confirm, reject, next, previous, undoThis, takeOver, choose, toggleList,
    undo: () => undo(),
    lookAt: (id) => { told = null; openCase(id); },
    note: (text) => { draft.note = text; keepDraft(me.id, current.item.case_id, draft); },
    askReason: () => choosing(true), cancel: () => choosing(false),
  };

  function body() {
    if (!current && opening) return html`<div class="nothing" role="status">${t("loading")}</div>`;
    if (!current) return idle({ queue, may, acts, below: said({ mine, told, acts }) });
    const { item, holder } = current;
    return html`<article class="case" data-case=${item.case_id} aria-label=${`${kindName(item.kind)} ${item.case_id}`}>${pictures.element}
      <aside class="side"><div class="facts-side" tabindex="0" role="region" aria-label=${t("facts")}>${pictures.hasCloser ? pictures.closer : nothing}${facts(item, map.element)}</div>
        ${desk({ item, draft, rejecting, holder, sent: mine.of(item.case_id), reasons: site.rejections, hint, may, acts })}${said({ mine, told, acts })}</aside></article>`;
  }

  function draw() {
    element.className = `review ${listed ? "listed" : ""} ${current || opening ? "open" : ""}`;
    render(html`${bar({ queue, filter, cameras, item: current?.item, listed, first: !visited.length, acts })}<div class="review-body">
      <nav class="listing" aria-label=${t("waiting_cases")} ?hidden=${!listed}>${listed
        ? list({ queue, current: current?.item.case_id, me, gone: new Set(mine.open.map(({ id }) => id)), open: pick, bulk: may.review ? bulk : null, filter, failed, again: count }) : nothing}</nav>
      <div class="pane" ?hidden=${phone.matches && listed && !current && !opening}>${body()}</div></div>`, element);
  }

  function toggleList() {
    if (phone.matches && current) return void history.back();
    listed = !listed;
    draw();
    if (listed) count();
  }

  /** On a phone a case lies over the list, and Back leads there. */
  function pick(id) {
    below = phone.matches;
    if (below) location.hash = `#/review/${id}`;
    else openCase(id);
  }

  const keys = () => {
    if (rejecting) {
      const reasons = site.rejections.map((reason, at) => [at + 1, { label: t(reason), does: () => reject(reason) }]);
      return { ...Object.fromEntries(reasons), Escape: { label: t("cancel"), does: acts.cancel } };
    }
    const ticks = CHECKS.map((name, at) => [at + 1, { label: t("k_checks"), does: () => tick(name) }]);
    return {
      ...(current && {
        a: { label: t("tick_all"), does: tickAll }, ...Object.fromEntries(ticks),
        c: { label: t("confirm"), does: confirm }, r: { label: t("reject_digit"), does: acts.askReason },
        n: { label: t("note"), does: () => element.querySelector(".note")?.focus() },
      }),
      z: { label: t("undo"), does: () => undo() },
      j: { label: t("next_case"), does: next }, k: { label: t("previous_case"), does: previous },
      ...(current ? pictures.keys() : {}),
      l: { label: t("waiting_cases"), does: toggleList },
    };
  };

  const ticking = setInterval(draw, 15_000); // ages, and how long a decision can be taken back
  mine.send();

  return {
    element, heard, keys,
    async open([id], query) {
      filter = { kind: query.get("kind") ?? "", camera: query.get("camera") ?? "" };
      if (listed) count();
      if (id && phone.matches && !below) {
        history.replaceState(null, "", "#/review");
        history.pushState(null, "", `#/review/${id}`);
      }
      below = Boolean(id);
      if (id) return openCase(id);
      if (current && phone.matches) {
        leaveCurrent();
        return close();
      }
      if (current) shell.at(["review", current.item.case_id], filter);
      draw();
      return !current && may.review && !phone.matches ? next() : undefined;
    },
    redraw() {
      pictures.redraw();
      map.redraw();
      draw();
    },
    leave() {
      left = true;
      clearInterval(ticking);
      clearTimeout(soon);
      mine.close();
      map.close();
      hold.close();
    },
  };
}

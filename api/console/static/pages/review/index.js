// The review queue: one case at a time, held while it is looked at, the next one ready behind it.

import { html, nothing, render } from "../../core/elements.js";
import { problem } from "../../core/sentence.js";
import { kindName, t } from "../../core/words.js";
import { bulkSheet } from "./bulk.js";
import { decisions } from "./decisions.js";
import { desk } from "./desk.js";
import { CHECKS, keepDraft } from "./drafts.js";
import { facts } from "./facts.js";
import { holds } from "./holds.js";
import { list } from "./list.js";
import { look } from "./look.js";
import { placeMap } from "./place.js";
import { plateKeys, plateLine } from "./plate.js";
import * as server from "./queue.js";
import { turns } from "./turn.js";
import { verdicts } from "./verdicts.js";
import { bar, idle, said } from "./view.js";
import { waitingCases } from "./waiting.js";
import { forgetZones } from "./zones.js";

const COUNT_MS = 30_000; // how often a server without events is asked

export default function reviewPage({ site, shell }) {
  const me = site.me;
  const can = (right) => me.rights.includes(right);
  const may = { review: can("review"), takeOver: can("take_over") };
  const element = document.createElement("div");
  const phone = matchMedia("(max-width: 860px)");
  /** What the page shows now; `turn.js`, `verdicts.js` and `waiting.js` change their parts of it. */
  const page = {
    filter: { kind: "", camera: "" },
    queue: null, failed: "", counted: 0, soon: null,
    current: null, // {item, holder}: what is shown, and what every key acts on
    opening: "", // the id, or "next", while a case is on its way
    draft: null, rejecting: false, hint: "",
    listed: phone.matches || !may.review,
    below: false, // on a phone: whether Back leads to the list
    told: null, // {text, tone}: what happened last
    left: false,
  };

  const mine = decisions(me, (entry) => verdict.settled(entry));
  const pictures = look({
    mayOriginal: can("originals"), mayReview: may.review,
    masked: changed,
    said: refuse,
  });
  /** More is known of the open case, or shown less. */
  function changed(item) {
    if (page.current?.item.case_id !== item.case_id) return;
    page.current = { ...page.current, item };
    pictures.show(item, { again: true });
    draw();
  }

  const map = placeMap(() => draw());
  const hold = holds({ ask: (ahead) => server.next(page.filter, turn.skip(), me, ahead), lost: (id) => page.current?.item.case_id === id && turn.refresh(id) });
  const waiting = waitingCases({ page, shell, draw });
  const top = () => element.querySelector(".facts-side")?.scrollTo(0, 0);
  const turn = turns({ page, me, may, mine, hold, pictures, map, shell, phone, draw, top, count: waiting.count, refuse });
  const ask = () => element.querySelector(".reasons button")?.focus();
  const verdict = verdicts({ page, me, may, mine, hold, pictures, turn, waiting, ask, draw, refuse });

  const bulk = () => bulkSheet(page.filter, { reasons: site.rejections, label: me.label, done: ({ rejected, left: others }) => {
    page.told = { tone: "good", text: t("bulk_done", { count: rejected.length }) + (others.length ? ` ${t("bulk_left", { count: others.length })}` : "") };
    if (rejected.length) server.read(rejected[0]).then((item) => mine.noteAll(rejected, item.undo_until), () => {});
    const open = page.current?.item.case_id;
    hold.drop();
    if (rejected.includes(open)) { hold.decided(open); page.current = null; turn.next(); }
    waiting.count();
  } });

  function narrow(filter) {
    page.filter = filter;
    page.queue = null;
    turn.anew();
    hold.drop();
    shell.at(page.current ? ["review", page.current.item.case_id] : ["review"], page.filter);
    draw();
    waiting.count();
    turn.prepare();
  }

  function refuse(error) {
    // That the session is over, or the server away, the frame says.
    if (error.status !== 401 && (error.status !== undefined || error.name === "Error")) page.told = { tone: "bad", text: problem(error) };
    draw();
  }

  function heard({ type, data }) {
    if (type === "case") {
      if (data.id === page.current?.item.case_id) turn.refresh(data.id);
      if (page.listed) waiting.countSoon();
    } else if (type === "queue") {
      if (data.total !== page.queue?.total && !page.listed) page.queue = page.queue && !page.filter.kind && !page.filter.camera ? { ...page.queue, total: data.total } : page.queue;
      if (page.listed) waiting.countSoon();
      else draw();
      if (!page.current && !page.opening && data.total && !phone.matches) turn.next();
    } else if (type === "site") forgetZones();
    else if (type === "reached" || type === "missed") {
      mine.send();
      waiting.count();
      if (page.current) turn.refresh(page.current.item.case_id);
      if (page.current) turn.prepare();
      else if (!page.opening && may.review && !phone.matches) turn.next();
    } else if (type === "clock" && Date.now() - page.counted > (page.listed ? COUNT_MS / 3 : COUNT_MS)) {
      waiting.count().then(() => !page.current && !page.opening && page.queue?.items.some((item) => !item.claimed_by) && !phone.matches && turn.next());
    }
  }

  const acts = {
    toggleList, choose: narrow, next: turn.next, previous: turn.previous, tick: verdict.tick, tickAll: verdict.tickAll, confirm: verdict.confirm,
    reject: verdict.reject, undoThis: verdict.undoThis, takeOver: verdict.takeOver, undo: () => verdict.undo(),
    lookAt: (id) => { page.told = null; turn.openCase(id); },
    note: (text) => { page.draft.note = text; keepDraft(me.id, page.current.item.case_id, page.draft); },
    askReason: () => verdict.choosing(true), cancel: () => verdict.choosing(false),
  };

  function body() {
    if (!page.current && page.opening) return html`<div class="nothing" role="status">${t("loading")}</div>`;
    if (!page.current) return idle({ queue: page.queue, may, acts, below: said({ mine, told: page.told, acts }) });
    const { item, holder } = page.current;
    return html`<article class="case" data-case=${item.case_id} aria-label=${`${kindName(item.kind)} ${item.case_id}`}>${pictures.element}
      <aside class="side"><div class="facts-side" tabindex="0" role="region" aria-label=${t("facts")}>${pictures.hasCloser ? pictures.closer : nothing}${facts(item, map.element, { plate: plateLine(item, may.review, changed) })}</div>
        ${desk({ item, draft: page.draft, rejecting: page.rejecting, holder, sent: mine.of(item.case_id), reasons: site.rejections, hint: page.hint, may, acts })}${said({ mine, told: page.told, acts })}</aside></article>`;
  }

  function draw() {
    element.className = `review ${page.listed ? "listed" : ""} ${page.current || page.opening ? "open" : ""}`;
    render(html`${bar({ queue: page.queue, filter: page.filter, cameras: waiting.cameras, item: page.current?.item, listed: page.listed, first: turn.first, acts })}<div class="review-body">
      <nav class="listing" aria-label=${t("waiting_cases")} ?hidden=${!page.listed}>${page.listed
        ? list({ queue: page.queue, current: page.current?.item.case_id, me, gone: new Set(mine.open.map(({ id }) => id)), open: pick, bulk: may.review ? bulk : null, filter: page.filter, failed: page.failed, again: waiting.count }) : nothing}</nav>
      <div class="pane" ?hidden=${phone.matches && page.listed && !page.current && !page.opening}>${body()}</div></div>`, element);
  }

  function toggleList() {
    if (phone.matches && page.current) return void history.back();
    page.listed = !page.listed;
    draw();
    if (page.listed) waiting.count();
  }

  /** On a phone a case lies over the list, and Back leads there. */
  function pick(id) {
    page.below = phone.matches;
    if (page.below) location.hash = `#/review/${id}`;
    else turn.openCase(id);
  }

  const keys = () => {
    if (page.rejecting) {
      const reasons = site.rejections.map((reason, at) => [at + 1, { label: t(reason), does: () => verdict.reject(reason) }]);
      return { ...Object.fromEntries(reasons), Escape: { label: t("cancel"), does: acts.cancel } };
    }
    const ticks = CHECKS.map((name, at) => [at + 1, { label: t("k_checks"), does: () => verdict.tick(name) }]);
    return {
      ...(page.current && {
        a: { label: t("tick_all"), does: verdict.tickAll }, ...Object.fromEntries(ticks),
        c: { label: t("confirm"), does: verdict.confirm }, r: { label: t("reject_digit"), does: acts.askReason },
        ...plateKeys(page.current.item, may.review, changed),
        n: { label: t("note"), does: () => element.querySelector(".note")?.focus() },
      }),
      z: { label: t("undo"), does: acts.undo },
      j: { label: t("next_case"), does: turn.next }, k: { label: t("previous_case"), does: turn.previous },
      ...(page.current ? pictures.keys() : {}),
      l: { label: t("waiting_cases"), does: toggleList },
    };
  };

  const ticking = setInterval(draw, 15_000); // ages, and how long a decision can be taken back
  mine.send();

  return {
    element, heard, keys,
    async open([id], query) {
      page.filter = { kind: query.get("kind") ?? "", camera: query.get("camera") ?? "" };
      if (page.listed) waiting.count();
      if (id && phone.matches && !page.below) {
        history.replaceState(null, "", "#/review");
        history.pushState(null, "", `#/review/${id}`);
      }
      page.below = Boolean(id);
      if (id) return turn.openCase(id);
      if (page.current && phone.matches) {
        turn.leaveCurrent();
        return turn.close();
      }
      if (page.current) shell.at(["review", page.current.item.case_id], page.filter);
      draw();
      return !page.current && may.review && !phone.matches ? turn.next() : undefined;
    },
    redraw() {
      pictures.redraw();
      map.redraw();
      draw();
    },
    leave() {
      page.left = true;
      clearInterval(ticking);
      waiting.close();
      mine.close();
      map.close();
      hold.close();
    },
  };
}

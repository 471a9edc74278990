// Whose turn it is: which case is open, which one was before, and which one comes next.

import { draftOf } from "./drafts.js";
import { UNDECIDED } from "./desk.js";
import * as server from "./queue.js";

const SLOW_MS = 120;

/**
 * Moves `page` from case to case: `page.current` is the open one, `page.opening` the id, or "next", of one on its way.
 * `mine` are this person's decisions, `hold` what the page holds, `pictures` and `map` what shows a case; `top()`
 * leads back to the head of what is said of it.
 */
export function turns({ page, me, may, mine, hold, pictures, map, shell, phone, draw, top, count, refuse }) {
  const passed = new Set(); // looked at here and left undecided
  const visited = [];

  const skip = () => [...new Set([...(page.current ? [page.current.item.case_id] : []), ...passed, ...mine.open.map(({ id }) => id)])];

  /** Have the next case here: while one is open it is one in reserve. */
  function prepare(spare = Boolean(page.current)) {
    if (may.review) hold.prepare(spare);
  }

  function leaveCurrent() {
    if (!page.current) return;
    const { item } = page.current;
    visited.push(item.case_id);
    if (!mine.of(item.case_id)) {
      if (UNDECIDED.includes(item.stage)) passed.add(item.case_id);
      hold.letGo(item.case_id);
    } else hold.decided(item.case_id);
  }

  async function next() {
    if (page.opening) return;
    const from = page.current?.item.case_id;
    leaveCurrent();
    page.opening = "next";
    try {
      let item = await another(from);
      if (!item && passed.size) { // once round: what was passed over comes up again
        passed.clear();
        page.current = null;
        hold.taken();
        item = await another();
      }
      page.opening = "";
      hold.taken();
      if (item) show(item);
      else close();
    } catch (error) {
      page.opening = "";
      close();
      refuse(error);
    }
  }

  /**
   * The next case; while it is not there yet the page says so. What was made ready may since have been opened
   * and decided (after an undo): that is not the next one.
   */
  async function another(from) {
    const waiting = setTimeout(() => { page.current = null; pictures.clear(); draw(); }, SLOW_MS);
    try {
      const made = await hold.ready;
      if (made && made.case_id !== from && !mine.of(made.case_id)) return made;
      hold.taken();
      prepare(false);
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
    if (page.opening === id || (page.current?.item.case_id === id && !back)) return;
    if (!back) leaveCurrent();
    else if (page.current) hold.letGo(page.current.item.case_id);
    page.opening = id;
    page.current = null;
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
      if (page.opening !== id || page.left) return void hold.letGo(id);
      page.opening = "";
      show(item, holder);
    } catch (error) {
      if (page.opening === id) page.opening = "";
      close();
      refuse(error);
    }
  }

  function show(item, holder = null) {
    const sent = mine.of(item.case_id);
    if (sent?.state === "done" && item.allowed_steps.includes("reject")) mine.forget(sent); // somebody took it back
    page.current = { item, holder };
    page.draft = draftOf(me.id, item.case_id);
    passed.delete(item.case_id);
    page.rejecting = false;
    page.hint = "";
    page.listed = page.listed && !phone.matches;
    pictures.show(item).finally(() => { // first what is looked at, then what is not seen yet
      if (page.left || page.current?.item !== item) return;
      map.show(item);
      prepare();
      if (!page.counted) count();
    });
    shell.at(["review", item.case_id], page.filter);
    draw();
    top();
  }

  function close() {
    page.current = null;
    page.rejecting = false;
    pictures.clear();
    page.listed = true;
    shell.at(["review"], page.filter);
    draw();
    count();
  }

  async function refresh(id) {
    if (mine.of(id)) return;
    const item = await server.read(id).catch(() => null);
    if (!item || page.current?.item.case_id !== id || mine.of(id)) return;
    const others = UNDECIDED.includes(item.stage) && !hold.has(id) ? item.claimed_by : null;
    if (!UNDECIDED.includes(item.stage)) hold.decided(id);
    page.current = { item, holder: others };
    if (!UNDECIDED.includes(item.stage)) page.rejecting = false;
    pictures.show(item, { again: true });
    draw();
  }

  return {
    skip, prepare, next, previous, openCase, close, refresh, leaveCurrent,
    /** Nothing is passed over any more. */
    anew: () => passed.clear(),
    get first() { return !visited.length; },
  };
}

// What this person says of the open case: ticks, confirm, reject, and taking it back.

import { kindName, t } from "../../core/words.js";
import { complete, UNDECIDED } from "./desk.js";
import { CHECKS, draftOf, keepDraft } from "./drafts.js";

/** Acts on `page.current` alone; `turn` and `waiting` go on from there, `ask()` leads the keyboard to the reasons. */
export function verdicts({ page, me, may, mine, hold, pictures, turn, waiting, ask, draw, refuse }) {
  const undecided = () => page.current && !page.opening && !page.current.holder && may.review && UNDECIDED.includes(page.current.item.stage) && !mine.of(page.current.item.case_id);

  function decide(body) {
    const { item } = page.current;
    keepDraft(me.id, item.case_id, page.draft);
    page.told = null;
    if (page.queue) waiting.fewer(item.case_id);
    mine.add({ id: item.case_id, kind: item.kind, body: { ...body, checks: { ...page.draft.checks }, note: page.draft.note } });
    turn.next();
  }

  function confirm() {
    if (!undecided() || pictures.drawing) return undefined;
    if (complete(page.draft)) return decide({ decision: "confirm" });
    page.hint = t("checks_first");
    return draw();
  }

  function reject(reason) {
    if (undecided() && page.rejecting && reason) decide({ decision: "reject", reason });
  }

  function tick(name) {
    if (!undecided()) return;
    page.draft.checks[name] = !page.draft.checks[name];
    kept();
  }

  function tickAll() {
    if (!undecided()) return;
    const all = complete(page.draft);
    for (const name of CHECKS) page.draft.checks[name] = !all;
    kept();
  }

  function kept() {
    page.hint = "";
    keepDraft(me.id, page.current.item.case_id, page.draft);
    draw();
  }

  function choosing(is) {
    if (is && !undecided()) return;
    page.rejecting = is;
    draw();
    if (is) ask();
  }

  /** A decision has moved on: sent, refused, or taken back. */
  function settled(entry) {
    if (entry.state === "done") {
      keepDraft(me.id, entry.id, draftOf("", ""));
      page.told = null;
      if (!page.current) waiting.countSoon();
    }
    if (entry.state === "refused") {
      page.told = { tone: "bad", text: t("not_taken", { kind: kindName(entry.kind) }), why: entry.why, id: entry.id };
      mine.forget(entry);
    }
    if (!page.left) draw();
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
    page.told = { tone: "good", text: t("undone_now") };
    waiting.count();
    if (!ids) return turn.openCase(id);
    return draw();
  }

  async function undoThis() {
    const { item } = page.current;
    const entry = mine.of(item.case_id);
    if (entry) {
      page.current = null;
      return undo(entry);
    }
    return undo({ id: item.case_id, state: "done", body: {} });
  }

  async function takeOver() {
    const { item } = page.current;
    try {
      await hold.claim(item.case_id, true);
      if (page.current?.item === item) page.current = { item, holder: null };
      draw();
    } catch (error) {
      refuse(error);
    }
  }

  return { undecided, confirm, reject, tick, tickAll, choosing, settled, undo, undoThis, takeOver };
}

// Decisions on their way to the server: each is kept in this browser until the server has it, sent once it
// answers, and never taken twice. A decision that got there although its answer did not is refused the
// second time; the case then says that it was this person's, and that is as good as an answer.

import { get, post } from "../../core/api.js";
import { problem } from "../../core/sentence.js";
import { t } from "../../core/words.js";

const AGAIN_MS = 4000;
const ANSWER_MS = 20_000;
const path = (id) => `/v1/cases/${encodeURIComponent(id)}`;

/**
 * The decisions of one person. An entry is `{id, kind, body, state, undoUntil, why}`; `state` is `waiting` (to be
 * sent), `sending`, `done` or `refused`. `changed(entry)` is called whenever one changes.
 */
export function decisions(me, changed) {
  const place = `streetwarden.decisions.${me.id}`;
  let entries = kept();
  let sending = null;
  let timer = null;

  function kept() {
    try {
      return (JSON.parse(localStorage.getItem(place)) ?? []).map((entry) => ({ ...entry, state: "waiting" }));
    } catch {
      return [];
    }
  }

  function keep() {
    const open = entries.filter(({ state }) => state === "waiting" || state === "sending");
    if (open.length) localStorage.setItem(place, JSON.stringify(open));
    else localStorage.removeItem(place);
  }

  function became(entry, state, more = {}) {
    Object.assign(entry, { state, ...more });
    keep();
    changed(entry);
  }

  /** Send what waits, one after the other; called again when the server may answer. */
  function send() {
    sending ??= run().finally(() => { sending = null; });
    return sending;
  }

  async function run() {
    clearTimeout(timer);
    for (;;) {
      const entry = entries.find(({ state }) => state === "waiting");
      if (!entry) return;
      became(entry, "sending");
      if (!(await sent(entry))) {
        timer = setTimeout(send, AGAIN_MS);
        return;
      }
    }
  }

  /** Whether there was an answer, whatever it was. */
  async function sent(entry) {
    try {
      const after = await post(`${path(entry.id)}/review`, entry.body, { signal: AbortSignal.timeout(ANSWER_MS) });
      became(entry, "done", { undoUntil: after.undo_until });
      return true;
    } catch (error) {
      return refused(entry, error);
    }
  }

  async function refused(entry, error) {
    const later = error.status === undefined || error.status === 401 || error.status === 429 || error.status >= 500;
    if (!later && error.status !== 409) became(entry, "refused", { why: problem(error) });
    if (!later && error.status === 409) {
      const now = await get(path(entry.id)).catch(() => null);
      if (!now) became(entry, "waiting");
      else if (isMine(now, entry)) became(entry, "done", { undoUntil: now.undo_until });
      else became(entry, "refused", { why: problem(error) });
      return now !== null;
    }
    if (later) became(entry, "waiting");
    return !later;
  }

  /** Whether the case stands as this person decided it. */
  function isMine(item, { body }) {
    const said = item.stage === "second_review" ? item.reviews.at(-1) : item.review;
    return said?.reviewer === me.label && said.decision === body.decision && (said.reason ?? null) === (body.reason ?? null);
  }

  return {
    send,
    get open() { return entries.filter(({ state }) => state === "waiting" || state === "sending"); },
    get refused() { return entries.filter(({ state }) => state === "refused"); },
    of: (id) => entries.findLast((entry) => entry.id === id && entry.state !== "refused"),
    /** Take a decision; it is on its way when this returns. */
    add(entry) {
      entries.push({ ...entry, state: "waiting" });
      changed(entries.at(-1));
      keep();
      send();
    },
    /** Many were decided in one request. */
    noteAll(ids, undoUntil) {
      entries.push({ id: ids[0], ids, kind: "", body: { decision: "reject" }, state: "done", undoUntil });
      changed(entries.at(-1));
    },
    /** The last one that can be taken back, or nothing. */
    last() {
      return entries.findLast(({ state, undoUntil }) =>
        state === "waiting" || state === "sending" || (state === "done" && undoUntil && Date.parse(undoUntil) > Date.now()));
    },
    /** Take a decision back; says why not where the server refuses. */
    async undo(entry) {
      if (entry.state === "sending") await sending;
      if (entry.state === "done") {
        for (const id of entry.ids ?? [entry.id]) await post(`${path(id)}/steps`, { step: "undo" });
      } else if (entry.state === "refused") throw new Error(entry.why);
      this.forget(entry);
    },
    forget(entry) {
      entries = entries.filter((one) => one !== entry);
      keep();
      changed(entry);
    },
    close: () => clearTimeout(timer),
  };
}

/** What was decided, in words. */
export const verdict = ({ decision, reason }) =>
  (decision === "confirm" ? t("done_confirm") : `${t("done_reject")}${reason ? ` · ${t(reason)}` : ""}`);

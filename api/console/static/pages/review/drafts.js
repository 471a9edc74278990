// A review that is under way: ticks and note of a case, kept in this tab until it is decided, so that
// nothing is lost by a reload, another language, or a session that ends.

export const CHECKS = ["authentic", "clear", "complete", "accurate"];

const nothing = () => ({ checks: Object.fromEntries(CHECKS.map((name) => [name, false])), note: "" });
const place = (me, id) => `streetwarden.draft.${me}.${id}`;

/** What somebody has ticked and written of a case so far. */
export function draftOf(me, id) {
  try {
    return { ...nothing(), ...JSON.parse(sessionStorage.getItem(place(me, id))) };
  } catch {
    return nothing();
  }
}

export function keepDraft(me, id, draft) {
  const empty = !draft.note && CHECKS.every((name) => !draft.checks[name]);
  if (empty) sessionStorage.removeItem(place(me, id));
  else sessionStorage.setItem(place(me, id), JSON.stringify(draft));
}

// The queue as the server keeps it: what waits, the next case, and who holds which. A server without
// `/v1/queue` is asked for its list of waiting cases instead, and claims are tried one by one.

import { get, post } from "../../core/api.js";

const MOST = 200;
const RELEASES = { keepalive: true }; // also while the page is being left
let lists = false;

const one = (id) => `/v1/cases/${encodeURIComponent(id)}`;
const named = ({ kind, camera }) => ({ ...(kind && { kind }), ...(camera && { camera }) });

/** One case with its whole log. */
export const read = (id) => get(one(id));

/** Hold a case, or go on holding it; `Refused` with 409 where somebody else does, or it is decided. */
export const claim = (id, takeOver = false) => post(`${one(id)}/claim`, takeOver ? { take_over: true } : {});

/** Let a case go; that this may fail does not matter, since a claim ends by itself. */
export const release = (id) => post(`${one(id)}/release`, {}, RELEASES).catch(() => {});

/** What waits, the first `most` of it: `{total, more, by_kind, by_camera, items}`; `more` says that there are more than `total`. */
export async function waiting(filter, most = MOST) {
  if (!lists) {
    try {
      return await get("/v1/queue", { ...named(filter), limit: most });
    } catch (error) {
      if (error.status !== 404) throw error;
      lists = true;
    }
  }
  const { items, next } = await get("/v1/cases", { stage: "pending_review", ...named(filter), limit: MOST });
  return { total: items.length, more: next !== null, by_kind: tally(items, "kind"), by_camera: tally(items, "camera"), items };
}

function tally(items, field) {
  const counts = {};
  for (const item of items) counts[item[field]] = (counts[item[field]] ?? 0) + 1;
  return counts;
}

/**
 * The best case that nobody else holds, claimed, with its whole log; null if there is none but these to `skip`. `ahead`: to be
 * held in reserve; null, too, where others would go without.
 */
export async function next(filter, skip, me, ahead) {
  if (!lists) {
    try {
      return await post("/v1/queue/next", { ...named(filter), skip: skip.slice(-MOST), ahead });
    } catch (error) {
      if (error.status !== 404 && error.status !== 405) throw error;
      lists = true;
    }
  }
  if (ahead) return null;
  for (const { case_id: id, claimed_by: holder } of (await waiting(filter)).items) {
    if (skip.includes(id) || (holder && holder !== me.label)) continue;
    try {
      await claim(id);
      return await read(id);
    } catch (error) {
      if (error.status !== 409 && error.status !== 404) throw error;
    }
  }
  return null;
}

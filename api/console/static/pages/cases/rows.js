// The rows of a list: asked for page by page as somebody scrolls, however many there are; only what is
// seen is drawn, and of each case only what a row shows is kept.

import { get } from "../../core/api.js";

const PAGE = 100;

/** What a row shows of a case. */
function slim(item) {
  const picture = (role) => item.evidence.findLast((one) => one.role === role && !one.purged_at && one.media_type.startsWith("image/"))?.sha256;
  return {
    case_id: item.case_id, kind: item.kind, subtype: item.subtype, stage: item.stage, camera: item.camera, zone: item.zone,
    address: item.where.address, lon: item.where.lon, lat: item.where.lat, crs: item.where.crs, first_seen: item.when.first_seen, dwell_s: item.when.dwell_s,
    score: item.detector.score, deadline: item.deadline?.at ?? null, reason: item.stage === "rejected" ? item.review?.reason ?? null : null, outcome: item.outcome,
    claimed_by: item.claimed_by, hold: Boolean(item.hold), picture: picture("masked") ?? picture("annotated") ?? null,
  };
}

/** `items` so far, `ended` when there are no more; `changed()` is called when there is something new. */
export function rows(changed) {
  let items = [];
  let cursor = "";
  let query = {};
  let asking = null;
  let run = 0;
  let failed = null;

  async function more() {
    if (asking || cursor === null) return asking;
    const mine = run;
    failed = null;
    asking = get("/v1/cases", { ...query, cursor, limit: PAGE });
    changed();
    try {
      const page = await asking;
      if (mine !== run) return undefined;
      items = [...items, ...page.items.map(slim)];
      cursor = page.next;
    } catch (error) {
      if (mine !== run) return undefined;
      failed = error;
    } finally {
      if (mine === run) {
        asking = null;
        changed();
      }
    }
    return undefined;
  }

  /** From the first one, with these filters. */
  function start(next) {
    run += 1;
    query = next;
    items = [];
    cursor = "";
    asking = null;
    return more();
  }

  /** Ask for the newest once more: what has changed among them is replaced, what is new comes before. */
  async function refresh() {
    if (asking || !items.length || query.order) return;
    const mine = run;
    const page = await get("/v1/cases", { ...query, limit: PAGE });
    if (mine !== run || asking) return;
    const fresh = page.items.map(slim);
    const last = fresh.at(-1)?.case_id ?? "";
    const before = JSON.stringify(items.slice(0, fresh.length));
    if (before === JSON.stringify(fresh)) return;
    items = page.next === null ? fresh : [...fresh, ...items.filter((one) => one.case_id < last)];
    changed();
  }

  return {
    start, more, refresh,
    get items() { return items; },
    get ended() { return cursor === null; },
    get asking() { return Boolean(asking); },
    get failed() { return failed; },
  };
}

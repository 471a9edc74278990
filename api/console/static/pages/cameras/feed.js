// What a camera is looked at, look by look: the picture without anything drawn in, and what the rules
// have under way in it. One long poll at a time, and none while nobody sees the page.

import { ask, get, withQuery } from "../../core/api.js";

const WAIT_S = 15;
const PAUSE_MS = 2000;
const KEPT_MS = 5000;

/**
 * Follow a camera until the answer's `close` is called. `seen({src, width, height, look, sight, at})` is
 * called for each look; `missing(error)` when there is none, with the refusal or null.
 */
export function follow(camera, seen, missing) {
  const stop = new AbortController();
  const path = `/v1/cameras/${encodeURIComponent(camera)}`;
  let after = null;
  let kept = null;

  async function look() {
    const query = { clean: true, after, wait: after === null ? null : WAIT_S };
    const answer = await ask(withQuery(`${path}/snapshot`, query), { signal: stop.signal });
    if (answer.status === 204) return false;
    const number = answer.headers.get("X-Look");
    const [blob, sight] = await Promise.all([answer.blob(), sighted()]);
    const src = URL.createObjectURL(blob);
    const picture = new Image();
    picture.src = src;
    await picture.decode();
    if (stop.signal.aborted) return URL.revokeObjectURL(src);
    if (kept) setTimeout(URL.revokeObjectURL, KEPT_MS, kept);
    kept = src;
    after = number === null ? null : Number(number);
    seen({ src, blob, width: picture.naturalWidth, height: picture.naturalHeight, look: after, sight });
    return number !== null;
  }

  /** A server of before has no such route; the picture is shown without. */
  const sighted = () => get(`${path}/sight`).catch((error) => { if (error.status === 404) return null; throw error; });

  async function run() {
    while (!stop.signal.aborted) {
      if (document.hidden) await shownAgain();
      try {
        if (!(await look()) && after === null) await pause();
      } catch (error) {
        if (stop.signal.aborted || error.status === 401) return;
        missing(error);
        await pause();
      }
    }
  }

  const pause = () => new Promise((done) => { setTimeout(done, PAUSE_MS); });
  const shownAgain = () => new Promise((done) => { document.addEventListener("visibilitychange", done, { once: true }); });
  run();
  return {
    close() {
      stop.abort();
      if (kept) setTimeout(URL.revokeObjectURL, KEPT_MS, kept);
    },
  };
}

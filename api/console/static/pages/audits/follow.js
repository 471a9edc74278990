// How an audit goes on, as its event stream tells; a stream that ends is asked for again until the audit is over.

import { ask } from "../../core/api.js";
import { events } from "../../core/live.js";

const PAUSE_MS = 2000;
const OVER = ["done", "failed", "cancelled"];

/** Whether nothing happens to it any more. */
export const isOver = ({ state }) => OVER.includes(state);

/** Call `heard(audit)` whenever it has changed, until it is over or the answer's `close` is called. */
export function follow(id, heard) {
  const stop = new AbortController();

  async function run() {
    while (!stop.signal.aborted) {
      let wait = PAUSE_MS;
      try {
        const answer = await ask(`/v1/audits/${id}/events`, { signal: stop.signal });
        for await (const { type, data } of events(answer.body)) {
          if (stop.signal.aborted) return;
          if (type !== "audit") continue;
          heard(data);
          if (isOver(data)) return;
        }
      } catch (error) {
        if (stop.signal.aborted || [401, 403, 404].includes(error.status)) return;
        wait = Math.max(wait, 1000 * (Number(error.wait) || 0));
      }
      await new Promise((done) => { setTimeout(done, wait); });
    }
  }

  run();
  return { close: () => stop.abort() };
}

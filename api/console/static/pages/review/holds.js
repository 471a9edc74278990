// What this page holds: the open case and the next one, which is claimed and here before it is asked for.
// Claims are renewed while somebody is at the page, and let go when it is left.

import { idleFor } from "../../core/api.js";
import { prefetch } from "./moments.js";
import * as server from "./queue.js";

const RENEW_MS = 60_000;
const AWAY_MS = 10 * 60_000; // who has touched nothing for so long holds nothing

/** `ask(ahead)` gives the best case that nobody holds, claimed, or null; `lost(id)` is called when others hold what was held. */
export function holds({ ask, lost }) {
  const held = new Set();
  let ahead = null; // a promise of the next case
  let closed = false;

  /** Ask for the next case: to be looked at now, or, `spare`, while another one is. */
  function prepare(spare) {
    if (ahead) return;
    const wanted = ask(spare).then((item) => {
      if (!item) return null;
      if (closed || ahead !== wanted) { // too late: somebody left, or chose other cases
        server.release(item.case_id);
        return null;
      }
      held.add(item.case_id);
      prefetch(item);
      return item;
    });
    ahead = wanted;
    wanted.catch(() => { if (ahead === wanted) ahead = null; });
  }

  function letGo(id) {
    if (held.delete(id)) server.release(id);
  }

  async function renew() {
    if (idleFor() > AWAY_MS || document.hidden) return;
    for (const id of [...held]) {
      await server.claim(id).catch((error) => {
        if (error.status !== 409 && error.status !== 404) return;
        held.delete(id);
        lost(id);
      });
    }
  }

  const all = () => [...held].forEach((id) => server.release(id));
  const renewing = setInterval(renew, RENEW_MS);
  addEventListener("pagehide", all);

  return {
    prepare, letGo,
    has: (id) => held.has(id),
    get ready() { return ahead; },
    /** The next case is the open one now. */
    taken() { ahead = null; },
    /** Let go of what was made ready. */
    drop() {
      ahead?.then((item) => item && letGo(item.case_id), () => {});
      ahead = null;
    },
    /** Claim a case; `Refused` with 409 where somebody else holds it. */
    async claim(id, takeOver = false) {
      await server.claim(id, takeOver);
      held.add(id);
    },
    /** It is decided: nobody holds it any more. */
    decided: (id) => held.delete(id),
    close() {
      closed = true;
      clearInterval(renewing);
      removeEventListener("pagehide", all);
      this.drop();
      all();
      held.clear();
    },
  };
}

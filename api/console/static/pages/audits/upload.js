// The upload of an audit's files: it goes on while other pages are open, waits while the server is away or
// nobody is signed in, and goes on from the byte that the server has.

import { get } from "../../core/api.js";
import { append, begin, offset, remove } from "./tus.js";

const AT_ONCE = 2;
const PAUSE_MS = [1000, 2000, 5000, 10000];
const TOLD_EVERY_MS = 150;
const PASSING = [408, 429, 502, 503, 504];
/** What holds for each further file of the audit as well. */
const FOR_ALL = ["audit_no_room", "audit_files_many", "audit_large", "audit_started", "audit_cancelled", "audit_unknown"];
const uploads = new Map();

addEventListener("beforeunload", (event) => {
  if ([...uploads.values()].some((one) => one.busy())) event.preventDefault();
});

/** This person (their id) is signed in and the server answers: their uploads go on, those of others end. */
export function goOn(who) {
  for (const [id, one] of uploads) {
    if (one.who === who) one.wake();
    else end(id);
  }
}

/** The upload of an audit by this person. */
export function uploadOf(audit, who) {
  if (!uploads.has(audit)) uploads.set(audit, made(audit, who));
  return uploads.get(audit);
}

/** End an upload, and forget its files here. */
export function end(audit) {
  uploads.get(audit)?.stop();
  uploads.delete(audit);
}

/**
 * `entries` by name: `{name, size, sent, id, file, state, error}`. `waiting` and `sending` have their file here,
 * `up` is wholly there, `part` was begun elsewhere and waits to be chosen again, `failed` says why in `error`.
 */
function made(audit, who) {
  const stop = new AbortController();
  const entries = new Map();
  let queue = [];
  let working = 0;
  let away = false;
  let telling = 0;
  const wakes = new Set();
  const upload = { audit, who, entries, listener: null, take, add, retry, leaveOut, wake, stop() { stop.abort(); wake(); }, busy: () => working > 0, get away() { return away; } };

  function changed() {
    telling ||= setTimeout(() => { telling = 0; upload.listener?.(); }, TOLD_EVERY_MS);
  }

  /** Take over what the server has. */
  function take(files) {
    for (const { id, name, size, offset: sent } of files) {
      const known = entries.get(name);
      if (!known) entries.set(name, { id, name, size, sent, file: null, error: null, state: sent === size ? "up" : "part" });
      else if (!known.id) Object.assign(known, { id, sent });
    }
    changed();
  }

  /** Add files; gives those whose name another file has. */
  function add(found) {
    const others = [];
    for (const { name, file } of found) {
      const known = entries.get(name);
      if (known?.id && known.size !== file.size) others.push(name);
      else if (!known || ["part", "failed"].includes(known.state)) wait({ id: null, sent: 0, ...known, name, size: file.size, file });
    }
    work();
    return others;
  }

  function wait(entry) {
    const waiting = { ...entry, state: "waiting", error: null };
    entries.set(entry.name, waiting);
    queue.push(waiting);
  }

  /** Try all again that failed and whose files are still known here. */
  function retry() {
    for (const entry of entries.values()) if (entry.state === "failed" && entry.file) wait(entry);
    work();
  }

  /** Take files out of the audit, here and there. */
  async function leaveOut(some) {
    for (const entry of some) {
      if (entry.id) await remove(audit, entry.id).catch((error) => { if (error.status !== 404) throw error; });
      entries.delete(entry.name);
      changed();
    }
  }

  function work() {
    changed();
    while (working < AT_ONCE && queue.length) {
      working += 1;
      send(queue.shift()).finally(() => { working -= 1; work(); });
    }
  }

  async function send(entry) {
    entry.state = "sending";
    try {
      if (!entry.id) await persistently(() => begun(entry));
      else entry.sent = await persistently(() => offset(audit, entry.id, stop.signal));
      while (entry.sent < entry.size) await persistently((again) => further(entry, again));
      Object.assign(entry, { state: "up", file: null });
    } catch (error) {
      Object.assign(entry, { state: "failed", error });
      if (FOR_ALL.includes(error.said?.code) || error.status === 403) {
        for (const other of queue) Object.assign(other, { state: "failed", error });
        queue = [];
      }
    }
    changed();
  }

  async function begun(entry) {
    try {
      entry.id = await begin(audit, entry.name, entry.size, stop.signal);
    } catch (error) {
      // It may have been begun by an answer that never came here, or by another tab.
      const there = error.said?.code === "audit_file_twice" && (await get(`/v1/audits/${audit}`)).files.find(({ name, size }) => name === entry.name && size === entry.size);
      if (!there) throw error;
      Object.assign(entry, { id: there.id, sent: there.offset });
    }
  }

  async function further(entry, again) {
    if (again) entry.sent = await offset(audit, entry.id, stop.signal);
    if (entry.sent < entry.size) entry.sent = await append(audit, entry.id, entry.file, entry.sent, stop.signal);
    changed();
  }

  /** Do it, again and again while what hinders it may pass. */
  async function persistently(does) {
    for (let failures = 0; ; failures += 1) {
      try {
        const got = await does(failures > 0);
        away = false;
        return got;
      } catch (error) {
        if (stop.signal.aborted || !passes(error)) throw error;
        away = error.status === undefined || error.status === 401;
        changed();
        await pause(1000 * Number(error.wait) || PAUSE_MS[Math.min(failures, PAUSE_MS.length - 1)], error.status === 401);
        if (stop.signal.aborted) throw error;
      }
    }
  }

  /** Wait so long, or until somebody wakes it; where nobody is signed in, until then. */
  async function pause(ms, signedOut) {
    let over;
    await new Promise((done) => {
      over = done;
      wakes.add(done);
      if (!signedOut) setTimeout(done, ms);
    });
    wakes.delete(over);
  }

  function wake() {
    for (const over of wakes) over();
  }

  return upload;
}

/** A line that is down is a `TypeError`; a file that cannot be read is another error. */
const passes = (error) => (error.status === undefined ? error instanceof TypeError : error.status === 401 || PASSING.includes(error.status) || ["audit_offset", "audit_file_busy"].includes(error.said?.code));

/** How far an upload is: files and bytes in all and there, and how many of each state. */
export function sumOf(entries) {
  const sum = { files: 0, bytes: 0, sent: 0, up: 0, waiting: 0, sending: 0, part: 0, failed: 0 };
  for (const { size, sent, state } of entries.values()) {
    sum.files += 1;
    sum.bytes += size;
    sum.sent += sent;
    sum[state] += 1;
  }
  return sum;
}

// What happens on the server, told as it happens: server-sent events, read by `fetch` so that a key can
// travel in its header. Where the server has no events, or a proxy swallows them, one clock asks instead.

import { ask, signedIn } from "./api.js";

const ASK_MS = 5000;
const PAUSE_MS = [500, 1000, 2000, 5000];

/**
 * Call `heard({type, data})` for each event until the answer's `close` is called.
 * `connected(true | false)` says whether the server answers. Events: `case`, `queue`, `cameras`, `site`,
 * and `clock` every five seconds while there are no events to hear.
 */
export function listen(heard, connected) {
  const stop = new AbortController();
  let last = "";
  let failures = 0;

  async function run() {
    while (!stop.signal.aborted && signedIn()) {
      try {
        const headers = last ? { "Last-Event-ID": last } : {};
        const answer = await ask("/v1/events", { headers, signal: stop.signal });
        failures = 0;
        connected(true);
        for await (const event of events(answer.body)) {
          last = event.id || last;
          heard(event);
        }
      } catch (error) {
        if (stop.signal.aborted || error.status === 401) return;
        if (error.status === 404) return void ticking();
        connected(error.status !== undefined && error.status !== 503);
        failures += 1;
      }
      await pause(PAUSE_MS[Math.min(failures, PAUSE_MS.length - 1)]);
    }
  }

  function ticking() {
    const clock = setInterval(() => heard({ type: "clock", data: null }), ASK_MS);
    stop.signal.addEventListener("abort", () => clearInterval(clock));
  }

  const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });
  run();
  return { close: () => stop.abort() };
}

/** The events of a body in the form `text/event-stream`. */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (text + value).split(/\r?\n\r?\n/);
    text = blocks.pop();
    for (const block of blocks) {
      const event = { type: "message", id: "", data: "" };
      for (const line of block.split(/\r?\n/)) {
        const [, name, rest] = /^(\w*):? ?(.*)$/.exec(line) ?? [];
        if (name === "event") event.type = rest;
        else if (name === "id") event.id = rest;
        else if (name === "data") event.data += rest;
      }
      if (event.data) yield { ...event, data: JSON.parse(event.data) };
    }
  }
}

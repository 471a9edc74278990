// Talking to the server. The key lives in this tab's sessionStorage and travels in a header only.

// This file lies in `static/` beside `v1/`, under whatever path a proxy shows the server.
const ROOT = new URL("../", import.meta.url);
const STORE = "streetwarden.key";
const KEPT_PICTURES = 80;
const pictures = new Map();
let onSignedOut = () => {};

/** What the server refused, in its own words (RFC 9457). */
export class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** Take a key from `#key=…` and clean the address bar, so that it stays out of the history. */
export function takeKeyFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get("key");
  if (!given) return;
  setKey(given);
  history.replaceState(null, "", `${location.pathname}#/review`);
}

/** The address of one of the server's paths, which start with a slash. */
export const at = (path) => new URL(`.${path}`, ROOT).href;

export const hasKey = () => Boolean(sessionStorage.getItem(STORE));
export const setKey = (key) => sessionStorage.setItem(STORE, key.trim());
export const whenSignedOut = (listener) => { onSignedOut = listener; };

/** An element may still be reading it. */
const revokeSoon = (url) => setTimeout(() => URL.revokeObjectURL(url), 5000);

/** Forget the key and every picture it showed. */
export function signOut() {
  sessionStorage.removeItem(STORE);
  for (const waiting of pictures.values()) waiting.then(revokeSoon, () => {});
  pictures.clear();
  onSignedOut();
}

async function ask(path, options = {}) {
  const key = sessionStorage.getItem(STORE);
  if (!key) throw new Refused(401, "");
  const headers = { Authorization: `Bearer ${key}`, ...options.headers };
  const answer = await fetch(at(path), { ...options, headers, cache: "no-store" });
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  // A late answer to a key that was given up must not wipe what is being typed into the form.
  if (answer.status === 401 && key === sessionStorage.getItem(STORE)) signOut();
  throw new Refused(answer.status, said.detail || answer.statusText);
}

/** GET some JSON; empty values of `query` are left out. */
export async function get(path, query = {}) {
  const kept = Object.entries(query).filter(([, value]) => value !== "" && value != null);
  const suffix = kept.length ? `?${new URLSearchParams(kept)}` : "";
  return (await ask(path + suffix)).json();
}

/** POST some JSON. */
export async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  return (await ask(path, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

/** A picture as an object URL that the caller revokes. */
export async function picture(path) {
  return URL.createObjectURL(await (await ask(path)).blob());
}

/** A stored picture as an object URL, kept while recently used; never change or revoke it. */
export function media(sha256) {
  const known = pictures.get(sha256);
  pictures.delete(sha256);
  const wanted = known ?? picture(`/v1/media/${sha256}`);
  pictures.set(sha256, wanted);
  if (!known) wanted.catch(() => pictures.delete(sha256));
  for (const [old, url] of pictures) {
    if (pictures.size <= KEPT_PICTURES) break;
    pictures.delete(old);
    url.then(revokeSoon, () => {});
  }
  return wanted;
}

// Talking to the server. A key lives in this tab's sessionStorage and travels in a header only; a
// session lives in a cookie that no script can read, and `csrf` shows that it is our page that asks.

// This file lies in `static/core/`, and `static/` beside `v1/`, under whatever path a proxy shows the server.
const ROOT = new URL("../../", import.meta.url);
const STORE = "streetwarden.key";
const KEPT_PICTURES = 80;
const IDLE_MS = 60 * 1000;
const pictures = new Map();
let onSignedOut = () => {};
let onReached = () => {};
let csrf = null;
let touched = Date.now();
for (const kind of ["pointerdown", "keydown", "wheel"]) {
  addEventListener(kind, () => { touched = Date.now(); }, { capture: true, passive: true });
}

/** What the server refused (RFC 9457): `status`, its own words, and what stands with them (`code`, `params` …). */
export class Refused extends Error {
  constructor(status, said = {}, wait = null) {
    super(said.detail ?? "");
    this.status = status;
    this.said = said;
    this.wait = wait;
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

const hasKey = () => Boolean(sessionStorage.getItem(STORE));
export const bySession = () => Boolean(csrf) && !hasKey();
export const signedIn = () => hasKey() || bySession();
export const setKey = (key) => sessionStorage.setItem(STORE, key.trim());

/** Go on with the session that this browser has, if it has one and this tab has no key. */
export async function resume() {
  if (signedIn()) return;
  const answer = await fetch(at("/v1/session"), { cache: "no-store" });
  if (answer.ok) csrf = (await answer.json()).csrf;
}

/** Begin a session. */
export async function signInAs(name, password) {
  const answer = await fetch(at("/v1/session"), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name, password }),
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, said, answer.headers.get("Retry-After"));
  csrf = said.csrf;
}

/** Change one's own password: the server ends this user's sessions and begins a new one here. */
export async function changePassword(current, wanted) {
  csrf = (await post("/v1/session/password", { current, new: wanted })).csrf;
}

/** How long nobody has touched the page, in milliseconds. */
export const idleFor = () => Date.now() - touched;

/** `listener(true | false)` hears with each request whether the server was reached. */
export const whenReached = (listener) => { onReached = listener; };
export const whenSignedOut = (listener) => { onSignedOut = listener; };

/** An element may still be reading it. */
const revokeSoon = (url) => setTimeout(() => URL.revokeObjectURL(url), 5000);

/** End the session, forget the key and every picture that was shown. */
export function signOut() {
  const ending = bySession() ? ask("/v1/session", { method: "DELETE" }).catch(() => {}) : null;
  forget("");
  return ending;
}

function forget(why) {
  const key = hasKey();
  csrf = null;
  sessionStorage.removeItem(STORE);
  for (const waiting of pictures.values()) waiting.then(revokeSoon, () => {});
  pictures.clear();
  onSignedOut(why, key);
}

/** Ask the server as who is signed in; the answer is one that went well, or a `Refused`. */
export async function ask(path, options = {}) {
  const key = sessionStorage.getItem(STORE);
  const mine = csrf;
  if (!signedIn()) throw new Refused(401);
  const headers = { ...(key ? { Authorization: `Bearer ${key}` } : { "X-CSRF-Token": mine }), ...options.headers };
  // A page that nobody touches keeps nobody signed in.
  if (idleFor() > IDLE_MS) headers["X-Idle"] = "1";
  const answer = await fetch(at(path), { ...options, headers, cache: "no-store" }).catch((error) => {
    if (error.name !== "AbortError") onReached(false);
    throw error;
  });
  onReached(true);
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  // A late answer to a key that was given up must not wipe what is being typed into the form.
  if (answer.status === 401 && key === sessionStorage.getItem(STORE) && mine === csrf) forget(key ? "key_bad" : "session_over");
  throw new Refused(answer.status, said, answer.headers.get("Retry-After"));
}

/** A path with a query; values that are empty are left out, those that are lists come several times. */
export function withQuery(path, query = {}) {
  const kept = Object.entries(query).flatMap(([name, value]) => [value].flat().map((one) => [name, one]))
    .filter(([, value]) => value !== "" && value != null);
  return kept.length ? `${path}?${new URLSearchParams(kept)}` : path;
}

/** GET some JSON. */
export async function get(path, query = {}) {
  return (await ask(withQuery(path, query))).json();
}

/** Send some JSON by POST or another method; the answer's JSON, or null where it has none. */
export async function post(path, body = {}, { method = "POST", headers = {}, keepalive = false } = {}) {
  const all = { "Content-Type": "application/json", ...headers };
  const answer = await ask(path, { method, headers: all, body: JSON.stringify(body), keepalive });
  return answer.status === 204 ? null : answer.json();
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

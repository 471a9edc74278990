// The frame of the page: signing in, the menu, one page at a time, what happens on the server.

import { accountSheet } from "./account.js";
import { at, bySession, get, resume, signedIn, takeKeyFromAddress, whenReached, whenSignedOut } from "./core/api.js";
import { learnDivisions } from "./core/divisions.js";
import { html, nothing, render, toast } from "./core/elements.js";
import { inZone, when } from "./core/format.js";
import { help, useKeys } from "./core/keys.js";
import { listen } from "./core/live.js";
import { learnSentences, problem } from "./core/sentence.js";
import { applyTheme, theme, toggleTheme } from "./core/theme.js";
import { learn, speak, spoken, t } from "./core/words.js";
import { signInForm } from "./sign_in.js";

const WARN_MS = 60 * 60 * 1000;
const PLACE = "streetwarden.place";
/** Each page's module is loaded when it is first opened; `unlimited` ones are for those who see the whole site. */
const PAGES = {
  review: { load: () => import("./pages/review/index.js") },
  cases: { load: () => import("./pages/cases/index.js") },
  cameras: { load: () => import("./pages/cameras/index.js") },
  registers: { load: () => import("./pages/registers/index.js") },
  reports: { load: () => import("./pages/reports/index.js") },
  audits: { load: () => import("./pages/audits/index.js"), unlimited: true },
};
const app = document.getElementById("app");
const main = document.createElement("main");
main.className = "view";
let site = null;
let me = null;
let page = null;
let name = "";
let opening = 0;
let waiting = 0;
let reachable = true;
let events = null;

/** What is behind `#/`: the page's name, and what it is to open. */
const route = () => {
  const [path, query = ""] = location.hash.slice(2).split("?");
  return { parts: path.split("/").map(decodeURIComponent), query: new URLSearchParams(query) };
};
const limited = () => [me.cameras, me.kinds, me.divisions].some(Boolean);
const wanted = () => (route().parts[0] in PAGES ? route().parts[0] : "review");

function frame() {
  const ends = site.me.expires_at;
  const ending = ends && Date.parse(ends) - Date.now() < WARN_MS;
  const link = (id) => html`<a href="#/${id}" aria-current=${id === name ? "page" : nothing}>${t(id)}${
    id === "review" && waiting ? html`<span class="badge">${waiting}</span>` : nothing}</a>`;
  document.title = waiting ? `(${waiting}) Streetwarden` : "Streetwarden";
  document.documentElement.dataset.page = name; // each page has its own styles
  render(html`
    <a class="skip" href="#main" @click=${(event) => { event.preventDefault(); main.focus(); }}>${t("skip")}</a>
    <header class="bar">
      <a class="brand" href="#/review"><img src=${at("/static/icon.svg")} alt=""><b>Streetwarden</b><span>${site.name}</span></a>
      <nav aria-label=${t("menu")}>${Object.keys(PAGES).filter((id) => !PAGES[id].unlimited || !limited()).map(link)}</nav>
      <div class="right">
        <button class="quiet" type="button" aria-label=${t("keys_help")} @click=${help}>?</button>
        <button class="quiet" type="button" aria-label=${t(theme() === "dark" ? "to_light" : "to_dark")} @click=${() => { toggleTheme(); frame(); page?.redraw?.(); }}>${theme() === "dark" ? "☀" : "☾"}</button>
        <button class="quiet" type="button" lang=${spoken() === "zh" ? "en" : "zh"} aria-label=${t("language")} @click=${switchLanguage}>${t("other_language")}</button>
        <button class="me" type="button" aria-haspopup="dialog" title=${`${t("account")} · ${t(`role_${site.me.role}`)}`} @click=${() => accountSheet(me, () => { page?.leave?.(); page = null; })}>${site.me.label}</button>
      </div>
    </header>
    <div class="notices" role="status">
      ${reachable ? nothing : html`<p class="notice bad">${t("offline")}</p>`}
      ${ending ? html`<p class="notice">${bySession() ? t("session_ends") : t("key_ends")} ${when(ends)}${bySession() ? "" : ` ${t("key_ends_help")}`}</p>` : nothing}
    </div>
    ${main}`, app);
  app.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" }); // a narrow screen's menu scrolls
}

function switchLanguage() {
  speak(spoken() === "zh" ? "en" : "zh", true);
  frame();
  page?.redraw?.();
}

/** What a page may ask of the frame. */
const shell = {
  /** How many cases wait for review: shown in the menu and the title. */
  counted(count) { if (count !== waiting) { waiting = count; frame(); } },
  /** Put what is open into the address, without opening it again. */
  at(parts, query = {}) {
    if (parts[0] !== wanted()) return; // somebody has gone on to another page
    const kept = Object.entries(query).filter(([, value]) => value !== "" && value != null);
    const tail = kept.length ? `?${new URLSearchParams(kept)}` : "";
    history.replaceState(null, "", `#/${parts.map(encodeURIComponent).join("/")}${tail}`);
  },
  /** Say whether the server answers. */
  reached(is) {
    if (is === reachable) return;
    reachable = is;
    if (site && signedIn() && name) frame();
    if (!is) return;
    if (page) page.heard?.({ type: "reached", data: null });
    else if (site && signedIn()) open().catch(told);
  },
};

/** Say what a failed request was refused for; that the server is away, or the session over, the frame says anyway. */
export function told(error) {
  if (error.status !== 401 && error.status !== undefined) toast(problem(error), "bad");
}

async function open() {
  const shown = () => { const { parts, query } = route(); return page.open?.(parts.slice(1), query); };
  if (page && wanted() === name) return shown();
  page?.leave?.();
  page = null;
  name = wanted();
  const mine = (opening += 1);
  const made = (await PAGES[name].load()).default({ site, shell });
  if (mine !== opening) return undefined; // somebody has gone on, and is led there
  page = made;
  useKeys(() => page?.keys?.() ?? {});
  main.tabIndex = -1;
  main.replaceChildren(made.element);
  frame();
  return shown();
}

function heard(event) {
  if (event.type === "queue") shell.counted(event.data.total);
  page?.heard?.(event);
}

async function start() {
  PAGES[wanted()].load().catch(() => {}); // while the server says who asks
  await resume().catch(() => {});
  if (!signedIn()) return signIn();
  const place = sessionStorage.getItem(PLACE);
  sessionStorage.removeItem(PLACE);
  if (place && !location.hash) history.replaceState(null, "", place);
  try {
    const [about, kinds, who, words, divisions] = await Promise.all(
      [get("/v1/site"), get("/v1/kinds"), get("/v1/session"), get("/v1/words").catch(() => null), get("/v1/divisions").catch(() => null)]);
    site = { ...about, me: { ...about.me, id: who.id } };
    me = who;
    learnSentences(words);
    learn(site, kinds);
    learnDivisions(divisions);
    inZone(site.timezone);
  } catch (error) {
    return signedIn() ? signIn(error.status === undefined ? t("offline") : problem(error)) : undefined;
  }
  events?.close();
  events = listen(heard, shell.reached);
  page?.leave?.();
  page = null;
  name = "";
  return open().catch(told);
}

function signIn(message = "", withKey = false) {
  events?.close();
  page?.leave?.();
  page = null;
  useKeys(() => ({}));
  delete document.documentElement.dataset.page;
  signInForm(app, { message, withKey, start, keepPlace: () => sessionStorage.setItem(PLACE, location.hash) });
}

whenReached(shell.reached);
whenSignedOut((why, withKey) => signIn(why && t(why), withKey));
addEventListener("hashchange", () => {
  if (location.hash.startsWith("#key=")) {
    takeKeyFromAddress();
    start();
  } else if (site && signedIn()) open().catch(told);
});
addEventListener("online", () => page?.heard?.({ type: "reached", data: null }));
setInterval(() => page && frame(), 60_000);
applyTheme();
takeKeyFromAddress();
start();

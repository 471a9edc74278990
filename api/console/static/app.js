// The page: sign-in, the views, the keyboard, and one clock that refreshes what is shown.

import { at, bySession, get, resume, setKey, signedIn, signInAs, signOut, takeKeyFromAddress, whenSignedOut } from "./api.js";
import { camerasView } from "./cameras.js";
import { casesView } from "./cases.js";
import { fill, h, toast } from "./dom.js";
import { receiversView } from "./receivers.js";
import { reviewView } from "./review.js";
import { learn, speak, spoken, t, when } from "./words.js";

const REFRESH_MS = 4000;
const WARN_MS = 60 * 60 * 1000;
const PLACE = "streetwarden.place";
const VIEWS = ["review", "cases", "cameras", "receivers"];
const app = document.getElementById("app");
let view = null;
let site = null;
let timer = 0;
let reachable = true;

/** The form; the address stays as it is, and with it the place to which one comes back. */
function signIn(message, withKey = false) {
  clearTimeout(timer);
  view = null;
  delete app.dataset.view;
  const name = h("input", { type: "text", autocomplete: "username", id: "name", spellcheck: false, autocapitalize: "none", maxLength: 64 });
  const password = h("input", { type: "password", autocomplete: "current-password", id: "password", maxLength: 128 });
  const key = h("input", { type: "password", autocomplete: "off", id: "key", spellcheck: false });
  const error = h("p.error", { role: "alert", hidden: !message }, message);
  const submit = h("button.primary", {}, t("signin"));
  const oidc = "oidc" in document.documentElement.dataset;
  fill(app, h("main.signin", {}, h("form.sheet", { onsubmit: (event) => {
    event.preventDefault();
    if (key.value.trim()) { setKey(key.value); return start(); }
    return enter(name, password, error, submit);
  } }, h("img", { src: at("/static/icon.svg"), alt: "" }), h("h1", {}, "Streetwarden"),
  h("label", { htmlFor: "name" }, t("user_name")), name, h("label", { htmlFor: "password" }, t("password")), password,
  h("details", { open: withKey }, h("summary", {}, t("with_key")), h("label", { htmlFor: "key" }, t("key")), key, h("p.hint", {}, t("key_help"))),
  error, submit, oidc && h("a.elsewhere", { href: at("/v1/session/oidc"), onclick: () => sessionStorage.setItem(PLACE, location.hash) }, t("oidc")))));
  (withKey ? key : name).focus();
}

async function enter(name, password, error, submit) {
  submit.disabled = true;
  try {
    await signInAs(name.value, password.value);
    await start();
  } catch (refused) {
    const said = { 401: t("wrong_password"), 429: `${t("wait")} ${refused.wait ?? ""} s`, undefined: t("offline") };
    error.textContent = name.value && password.value ? said[refused.status] ?? refused.message : t("wrong_password");
    error.hidden = false;
    password.value = "";
    password.focus();
  } finally {
    submit.disabled = false;
  }
}

async function start() {
  await resume().catch(() => {});
  if (!signedIn()) return signIn();
  const place = sessionStorage.getItem(PLACE);
  sessionStorage.removeItem(PLACE);
  if (place && !location.hash) history.replaceState(null, "", place);
  try {
    const [about, kinds] = await Promise.all([get("/v1/site"), get("/v1/kinds")]);
    site = about;
    learn(site, kinds);
    return await draw();
  } catch (error) {
    return signedIn() ? signIn(error.message) : undefined;
  }
}

/** The view's name and, behind it, a case's id: `#/cases/SW-…`. */
const route = () => location.hash.slice(2).split("/");
const views = () => VIEWS.filter((name) => name !== "receivers" || site.me.rights.includes("deliveries"));
const wanted = () => views().find((name) => name === route()[0]) ?? "review";

async function draw() {
  clearTimeout(timer);
  view?.leave?.();
  const name = wanted();
  const badge = h("span.badge", { hidden: true });
  const counted = (count, more) => {
    badge.textContent = more ? `${count}+` : String(count);
    badge.hidden = !count;
    document.title = count ? `(${badge.textContent}) Streetwarden` : "Streetwarden";
  };
  const link = (id) => h("a", { href: `#/${id}`, "aria-current": id === name ? "page" : null }, t(id), id === "review" && badge);
  const clock = h("time.clock");
  const ending = h("p.ending", { role: "status", hidden: true });
  const main = h("main.view", {});
  fill(app,
    h("header.bar", {},
      h("a.brand", { href: "#/review" }, h("img", { src: at("/static/icon.svg"), alt: "" }), h("b", {}, "Streetwarden"), h("span", {}, site.name)),
      h("nav", { "aria-label": t("menu") }, views().map(link)),
      h("div.right", {}, clock,
        h("button.quiet", { type: "button", "aria-label": t("language"), onclick: () => { speak(spoken() === "zh" ? "en" : "zh", true); draw(); } }, spoken() === "zh" ? "EN" : "中文"),
        h("span.me", { title: site.me.role }, site.me.label),
        h("button.quiet", { type: "button", onclick: signOut }, t("signout")))),
    ending,
    main,
    h("footer.keys", { "aria-label": t("keys_help") }, h("kbd", {}, "J"), h("kbd", {}, "K"), t("k_next"),
      h("kbd", {}, "1"), "–", h("kbd", {}, "4"), t("k_checks"), h("kbd", {}, "C"), t("confirm"), h("kbd", {}, "R"), t("reject")));
  app.dataset.view = name;
  const cameras = name === "cases" ? (await get("/v1/cameras")).items : [];
  view = { review: () => reviewView(site, counted), cases: () => casesView(site, cameras), cameras: camerasView, receivers: () => receiversView(site) }[name]();
  fill(main, view.element);
  view.show?.(route()[1]);
  const shown = view;
  const tick = async () => {
    clock.textContent = when(new Date().toISOString(), true);
    tellOfTheEnd(ending);
    if (!document.hidden) await refresh(shown);
    if (view === shown) timer = setTimeout(tick, REFRESH_MS);
  };
  await tick();
  if (name !== "review") {
    get("/v1/cases", { stage: "pending_review", limit: 200 }).then((page) => counted(page.items.length, page.next !== null), () => {});
  }
}

/** A key or session that ends within the hour says so before it does. */
function tellOfTheEnd(element) {
  const ends = site.me.expires_at;
  element.hidden = !ends || Date.parse(ends) - Date.now() > WARN_MS;
  const said = bySession() ? `${t("session_ends")} ${when(ends)}.` : `${t("key_ends")} ${when(ends)}. ${t("key_ends_help")}`;
  if (!element.hidden && element.textContent !== said) element.textContent = said;
}

async function refresh(shown) {
  try {
    await shown.refresh();
    reachable = true;
  } catch (error) {
    if (error.status === 401 || view !== shown) return;
    if (reachable || error.status) toast(error.status ? error.message : t("offline"), "bad");
    reachable = false;
  }
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select, dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = view?.keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
whenSignedOut((why, withKey) => signIn(why && t(why), withKey));
addEventListener("hashchange", () => {
  if (location.hash.startsWith("#key=")) {
    takeKeyFromAddress();
    start();
  } else if (site && signedIn()) {
    // A link from case to case leaves the list and its filters as they are.
    if (view?.show && wanted() === app.dataset.view && route()[1]) view.show(route()[1]);
    else draw();
  }
});
takeKeyFromAddress();
start();

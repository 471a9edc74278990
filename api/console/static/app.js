// The page: sign-in, the views, the keyboard, and one clock that refreshes what is shown.

import { at, get, hasKey, setKey, signOut, takeKeyFromAddress, whenSignedOut } from "./api.js";
import { camerasView } from "./cameras.js";
import { casesView } from "./cases.js";
import { fill, h, toast } from "./dom.js";
import { receiversView } from "./receivers.js";
import { reviewView } from "./review.js";
import { learn, speak, spoken, t, when } from "./words.js";

const REFRESH_MS = 4000;
const WARN_MS = 60 * 60 * 1000;
const VIEWS = ["review", "cases", "cameras", "receivers"];
const app = document.getElementById("app");
let view = null;
let site = null;
let timer = 0;
let reachable = true;

function signIn(message) {
  clearTimeout(timer);
  view = null;
  const input = h("input", { type: "password", autocomplete: "off", required: true, id: "key", spellcheck: false });
  fill(app, h("main.signin", {}, h("form.sheet", { onsubmit: (event) => {
    event.preventDefault();
    setKey(input.value);
    start();
  } }, h("img", { src: at("/static/icon.svg"), alt: "" }), h("h1", {}, "Streetwarden"),
  h("label", { htmlFor: "key" }, t("key")), input, h("p.hint", {}, t("key_help")),
  message && h("p.error", { role: "alert" }, message), h("button.primary", {}, t("signin")))));
  input.focus();
}

async function start() {
  if (!hasKey()) return signIn();
  try {
    const [about, kinds] = await Promise.all([get("/v1/site"), get("/v1/kinds")]);
    site = about;
    learn(site, kinds);
    return await draw();
  } catch (error) {
    return hasKey() ? signIn(error.message) : undefined;
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

/** A key that ends within the hour says so before it does. */
function tellOfTheEnd(element) {
  const ends = site.me.expires_at;
  element.hidden = !ends || Date.parse(ends) - Date.now() > WARN_MS;
  const said = `${t("key_ends")} ${when(ends)}. ${t("key_ends_help")}`;
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
whenSignedOut(() => signIn(t("key_bad")));
addEventListener("hashchange", () => {
  if (location.hash.startsWith("#key=")) {
    takeKeyFromAddress();
    start();
  } else if (site && hasKey()) {
    // A link from case to case leaves the list and its filters as they are.
    if (view?.show && wanted() === app.dataset.view && route()[1]) view.show(route()[1]);
    else draw();
  }
});
takeKeyFromAddress();
start();

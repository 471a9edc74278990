// Pictures of a case: which to show, as thumbnails, side by side, and large.

import { media, picture } from "../../core/api.js";
import { dialog, h, toast } from "../../core/dom.js";
import { when } from "../../core/format.js";
import { kindName, t } from "../../core/words.js";

const ORDER = ["opened", "best", "confirmed", "cleared"];

/** The picture that stands for a case: annotated before masked, the clearest and latest before others. */
export function cover(item) {
  const rank = (e) => (e.role === "annotated" ? 0 : 5) + ["best", "confirmed", "cleared", "opened"].indexOf(e.moment);
  return shown(item).sort((a, b) => rank(a) - rank(b) || b.captured_at.localeCompare(a.captured_at))[0];
}

const shown = (item) => item.evidence.filter((e) => e.redacted);

/** An `img` that fills itself; `alt` says what it shows. */
export function image(sha256, alt, eager = false) {
  const img = h("img", { alt, decoding: "async" });
  const load = () => media(sha256).then(
    (url) => { img.src = url; },
    () => img.replaceWith(h("div.blank", {}, t("picture_gone"))));
  if (eager) load();
  else nearby(img, load);
  return img;
}

const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    watcher.unobserve(entry.target);
    entry.target.load();
  }
}, { rootMargin: "400px" });

function nearby(img, load) {
  img.load = load;
  watcher.observe(img);
}

/** A small picture of a case, or a blank of the same size. */
export function thumbnail(item) {
  const best = cover(item);
  return h("div.thumb", {}, best ? image(best.sha256, "") : h("div.blank", {}, t("no_picture")));
}

/** Every derivative of a case: one or two large, all of them as a strip below. */
export function gallery(item, mayOriginal) {
  const all = shown(item).sort((a, b) => a.captured_at.localeCompare(b.captured_at)
    || ORDER.indexOf(a.moment) - ORDER.indexOf(b.moment));
  if (!all.length) return h("div.stage", {}, h("div.blank", {}, t("no_picture")));
  const of = (moment) => all.filter((e) => e.moment === moment).findLast((e) => e.role === "annotated")
    ?? all.findLast((e) => e.moment === moment);
  const after = of("cleared");
  const stage = h("div.stage");
  const strip = h("div.strip", { role: "group" });
  const show = (...items) => {
    stage.classList.toggle("pair", items.length > 1);
    stage.replaceChildren(...items.map((e) => figure(item, e, mayOriginal)));
    for (const button of strip.children) {
      button.setAttribute("aria-pressed", String(items.some((e) => button.value === key(e))));
    }
  };
  for (const e of all) {
    strip.append(h("button.frame", { type: "button", value: key(e), onclick: () => show(e), title: label(e) },
      image(e.sha256, label(e)), h("span", {}, t(`m_${e.moment}`))));
  }
  const before = of("best") ?? of("confirmed") ?? of("opened");
  if (before && after && before !== after) {
    strip.prepend(h("button.frame.both", { type: "button", onclick: () => show(before, after) },
      h("span", {}, `${t("before")} / ${t("after")}`)));
    show(before, after);
  } else {
    show(cover(item));
  }
  return h("div.gallery", {}, stage, all.length > 1 && strip);
}

const key = (e) => `${e.sha256} ${e.moment}`;
const label = (e) => `${t(`m_${e.moment}`)} · ${t(e.role)} · ${when(e.captured_at, true)}`;

function figure(item, e, mayOriginal) {
  const alt = `${kindName(item.kind)}, ${item.camera}, ${label(e)}`;
  const original = mayOriginal && e.of && h("button.link", { type: "button", onclick: () => askOriginal(e.of, alt) }, t("original"));
  return h("figure", {},
    h("button.zoom", { type: "button", "aria-label": alt, onclick: () => enlarge(media(e.sha256), alt) }, image(e.sha256, alt, true)),
    h("figcaption", {}, h("span", {}, label(e)), original));
}

async function enlarge(url, alt, done = () => {}) {
  const box = dialog(alt, h("form", { method: "dialog" },
    h("button.zoomed", { "aria-label": t("close") }, h("img", { src: await url, alt }))));
  box.classList.add("lightbox");
  box.addEventListener("close", done);
}

function askOriginal(sha256, alt) {
  const reason = h("input", { type: "text", required: true, minLength: 4, maxLength: 500 });
  const form = h("form.sheet", { method: "dialog", onsubmit: async () => {
    try {
      const url = await picture(`/v1/media/${sha256}?${new URLSearchParams({ reason: reason.value })}`);
      await enlarge(url, alt, () => URL.revokeObjectURL(url));
    } catch (error) {
      toast(error.message, "bad");
    }
  } }, h("label", {}, t("original_why"), reason), h("div.row", {},
    h("button.quiet", { type: "button", onclick: (event) => event.target.closest("dialog").close() }, t("cancel")),
    h("button.primary", {}, t("original_show"))));
  dialog(t("original"), form);
  reason.focus();
}

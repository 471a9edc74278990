// The pictures of the open case: one large on the stage, the violation close up beside it, all moments as a
// strip, and what is drawn over them in the page's language.

import { html, nothing, render, svg } from "../../core/elements.js";
import { when } from "../../core/format.js";
import { kindName, subtypeName, t } from "../../core/words.js";
import { stage } from "../../stage/stage.js";
import { masks } from "./masks.js";
import { clipOf, cover, hull, moments, pair, picture, sourceOf } from "./moments.js";
import { showClip, showOriginal } from "./sealed.js";
import { zoneOf } from "./zones.js";

const ZOOM = 1.5;

/**
 * `element` has stage and strip, `closer` the close-up. `show(item)` shows a case, `keys()` is what its keys do,
 * `masked(item)` is called with the case once more of a picture is hidden, `said(error)` with what was refused.
 */
export function look({ mayOriginal, mayReview, masked, said }) {
  const element = document.createElement("section");
  element.className = "look";
  const large = stage({ pans: () => !drawing.active, moved: () => over(), role: () => (drawing.active ? "group" : "img") });
  const closer = stage({ controls: false });
  closer.element.classList.add("closer");
  const drawing = masks(large, () => { over(); draw(); });
  new ResizeObserver(() => over()).observe(large.element);
  let item = null;
  let all = [];
  let one = null; // the moment on the stage
  let marked = true;
  let close = false;
  let plate = false;
  let zoned = false;
  let zone = null; // its outline, once it was asked for
  let failed = false;
  let asked = 0;

  const label = (m) => `${t(`m_${m.moment}`)} · ${when(m.at, true)}`;
  const alt = () => [kindName(item.kind), subtypeName(item.kind, item.subtype), one.camera, label(one)].join(", ");

  /** Show a case; its pictures are the same ones again after a redraw. */
  function show(next, { again = false } = {}) {
    const kept = again && one;
    item = next;
    all = moments(item);
    if (!kept) plate = close = false;
    if (!kept) outline();
    if (drawing.active && !kept) drawing.end();
    one = (kept && all.find((m) => m.of === kept.of && m.moment === kept.moment)) || cover(all);
    return load(!kept);
  }

  async function load(anew) {
    const mine = (asked += 1);
    failed = false;
    if (!one) {
      large.clear();
      closer.clear();
      return draw();
    }
    draw();
    const sha256 = plate && one.subject ? one.subject : one.sha256;
    const shown = await picture(sha256).catch(() => null);
    if (mine !== asked) return undefined;
    failed = !shown;
    if (failed) {
      large.clear();
      closer.clear();
      return draw();
    }
    large.show({ ...shown, alt: alt() });
    closer.show({ ...shown, alt: `${t("close_up")}: ${alt()}` });
    if (anew) large.fit();
    near();
    over();
    return draw();
  }

  function near() {
    const part = one && hull(one.boxes);
    if (!part) return;
    closer.closeUp(part);
    if (close) large.closeUp(part);
  }

  function over() {
    if (!large.picture || !one) return;
    const drawn = marked && !drawing.active ? one.boxes.map(found) : nothing;
    large.over(svg`${zoned && zone && one.camera === item.camera ? bounds() : nothing}${drawn}${drawing.active ? drawing.template() : nothing}`);
    if (closer.picture) closer.over(marked ? one.boxes.map((box) => frame(box, closer)) : nothing);
  }

  /** Where the rule counts, as it is drawn now. */
  async function outline() {
    const mine = item;
    zone = null;
    const found = zoned ? await zoneOf(item).catch(() => null) : null;
    if (item !== mine || !zoned) return;
    zone = found;
    over();
  }

  function bounds() {
    const { width, height } = large.picture;
    const size = 13 * large.grain;
    const [x, y] = zone.reduce((best, point) => (point[1] < best[1] ? point : best));
    return svg`<polygon class="zone" points=${zone.map(([px, py]) => `${px * width},${py * height}`).join(" ")}></polygon>
      <text class="named zone-name" x=${x * width + size / 3} y=${Math.max(y * height + size * 1.4, size)} font-size=${size} stroke-width=${size / 5}>${item.zone}</text>`;
  }

  function frame([x1, y1, x2, y2], on) {
    const { width, height } = on.picture;
    return svg`<rect class="found" x=${x1 * width} y=${y1 * height} width=${(x2 - x1) * width} height=${(y2 - y1) * height}></rect>`;
  }

  function found(box, at) {
    const { width, height } = large.picture;
    const size = 15 * large.grain;
    const y = box[1] * height - size * 0.6;
    const below = y - size < 0;
    const [x, anchor] = box[2] > 0.7 ? [box[2] * width, "end"] : [box[0] * width, "start"]; // so that it stays in the picture
    return svg`${frame(box, large)}${at ? nothing : svg`<text class="named" text-anchor=${anchor} x=${x} y=${below ? box[3] * height + size * 1.3 : y}
      font-size=${size} stroke-width=${size / 5}>${subtypeName(item.kind, item.subtype)}</text>`}`;
  }

  function choose(next) {
    if (!next || next === one) return;
    one = next;
    plate = false;
    if (drawing.active) drawing.end();
    load(false);
  }

  const step = (by) => choose(all[all.indexOf(one) + by]);

  function beforeAfter() {
    const two = pair(all);
    if (two) choose(one === two.after ? two.before : two.after);
  }

  function closeUp() {
    close = !close;
    if (close) near();
    else large.fit();
    draw();
  }

  function flip(what) {
    if (what === "marks") marked = !marked;
    else if (what === "zone") {
      zoned = !zoned;
      outline();
    } else {
      plate = !plate;
      return load(false);
    }
    over();
    return draw();
  }

  async function hide() {
    try {
      const after = await drawing.send(item.case_id, one.sha256, "");
      drawing.end();
      masked(after);
    } catch (error) {
      said(error);
    }
  }

  const two = () => pair(all);
  const tool = (key, word, does, pressed, shown = true) => (shown ? html`<button type="button" aria-pressed=${pressed ? "true" : "false"}
    title=${`${t(word)} (${key})`} @click=${does}>${t(word)}<kbd aria-hidden="true">${key}</kbd></button>` : nothing);

  function toolbar() {
    if (drawing.active) {
      return html`<div class="tools" role="group" aria-label=${t("mask_more")}><span>${t("mask_help")}</span>
        <button type="button" @click=${drawing.place}>${t("mask_place")}<kbd aria-hidden="true">N</kbd></button>${drawing.controls()}
        <button type="button" ?disabled=${!drawing.count} @click=${drawing.undo}>${t("mask_undo")}</button>
        <button type="button" class="primary" ?disabled=${!drawing.count} @click=${hide}>${t("mask_do")} ${drawing.count || ""}</button>
        <button type="button" @click=${drawing.end}>${t("cancel")}</button></div>`;
    }
    return html`<div class="tools" role="group" aria-label=${t("picture_tools")}>
      ${tool("B", "before_after", beforeAfter, one !== cover(all), Boolean(two()))}
      ${tool("X", "close_up", closeUp, close, one.boxes.length > 0)}
      ${tool("O", "marks", () => flip("marks"), marked, one.boxes.length > 0)}
      ${tool("G", "zone", () => flip("zone"), zoned)}
      ${tool("P", "plate", () => flip("plate"), plate, mayReview && Boolean(one.subject))}
      ${tool("V", "clip", clip, false, Boolean(clipOf(item)))}
      ${tool("M", "mask_more", drawing.begin, false, mayReview)}
      ${mayOriginal && one.original ? html`<button type="button" @click=${() => showOriginal(one.original, alt(), said)}>${t("original")}</button>` : nothing}</div>`;
  }

  const clip = () => clipOf(item) && showClip(clipOf(item).sha256, mayOriginal, said);

  function thumb(m) {
    return html`<li><button type="button" class="moment" aria-pressed=${m === one ? "true" : "false"} @click=${() => choose(m)}>
      <img alt="" src=${sourceOf(m.sha256, draw) ?? nothing}><span>${t(`m_${m.moment}`)}</span><time>${when(m.at, true).slice(-8)}</time></button></li>`;
  }

  function draw() {
    if (!item) return render(nothing, element);
    return render(html`<div class="big">${large.element}
        ${!one ? html`<p class="blank">${t("no_picture")}</p>` : nothing}
        ${failed ? html`<p class="blank">${t("picture_gone")} <button type="button" class="link" @click=${() => load(true)}>${t("again")}</button></p>` : nothing}</div>
      ${one ? html`<div class="under">${all.length > 1 ? html`<ol class="strip" aria-label=${t("moments")}>${all.map(thumb)}</ol>`
        : html`<p class="caption">${label(one)}</p>`}${toolbar()}</div>` : nothing}`, element);
  }

  const keys = () => (item && one ? {
    b: { label: t("before_after"), does: beforeAfter },
    x: { label: t("close_up"), does: closeUp },
    "+": { label: t("zoom"), does: () => large.zoom(ZOOM), held: true },
    "=": { does: () => large.zoom(ZOOM), held: true },
    "-": { label: t("zoom"), does: () => large.zoom(1 / ZOOM), held: true },
    0: { label: t("zoom_fit"), does: large.fit },
    ArrowLeft: { label: t("k_moments"), does: () => step(-1), held: true },
    ArrowRight: { label: t("k_moments"), does: () => step(1), held: true },
    o: { label: t("marks"), does: () => flip("marks") },
    g: { label: t("zone_drawn"), does: () => flip("zone") },
    ...(one.subject && mayReview && { p: { label: t("plate"), does: () => flip("plate") } }),
    ...(clipOf(item) && { v: { label: t("clip"), does: clip } }),
    ...(mayReview && { m: { label: t("mask_more"), does: () => (drawing.active ? drawing.end() : drawing.begin()) } }),
    ...(drawing.active && { n: { label: t("mask_place"), does: drawing.place }, Escape: { label: t("cancel"), does: drawing.end }, Enter: { label: t("mask_do"), does: hide } }),
  } : {});

  return {
    element, show, keys,
    closer: closer.element,
    get hasCloser() { return Boolean(one?.boxes.length) && !failed; },
    get drawing() { return drawing.active; },
    clear() {
      item = one = null;
      asked += 1;
      draw();
    },
    redraw() {
      if (!item) return;
      large.redraw();
      over();
      draw();
    },
  };
}

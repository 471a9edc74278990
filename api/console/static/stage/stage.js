// The picture stage: one picture as large as its room allows, with zoom and pan, and what is drawn over
// it. Review, masks, zones and ground points all stand on it. What is drawn lies in the picture's own
// pixels (x to the right, y down, origin top left), so it moves and grows with the picture.

import { html, nothing, render, svg } from "../core/elements.js";
import { t } from "../core/words.js";

const CLOSEST = 16;
const STEP = 1.25;

/**
 * A stage: `element`; `show({src, width, height, alt})`; `over(template)` draws SVG over the picture;
 * `fit()`; `closeUp([x1, y1, x2, y2])` brings a part up close, in fractions of the picture; `zoom(by)`;
 * `point(event)` is where a pointer is, in fractions. `pans(event)` says whether a press on the picture
 * pans it: false leaves the press to who draws there. `moved()` is called when zoom or place have changed.
 * `controls: false` leaves out the buttons for zoom; `role()` is `group` where what is drawn over the
 * picture can be worked with.
 */
export function stage({ pans = () => true, moved = () => {}, controls = true, role = () => "img" } = {}) {
  const element = document.createElement("div");
  element.className = "picture-stage";
  let picture = null;
  let drawn = nothing;
  let view = null; // x, y, width, height of what is seen, in the picture's pixels
  const held = new Map();

  function draw() {
    if (!picture) return render(nothing, element);
    return render(html`<svg role=${role()} aria-label=${picture.alt} viewBox=${`${view.x} ${view.y} ${view.w} ${view.h}`}
        preserveAspectRatio="xMidYMid meet" @wheel=${wheel} @pointerdown=${press} @pointermove=${move} @pointerup=${lift} @pointercancel=${lift} @dblclick=${twice}>
      <image href=${picture.src} width=${picture.width} height=${picture.height} preserveAspectRatio="none"></image>
      <g class="over">${svg`${drawn}`}</g></svg>
      ${controls ? html`<div class="zooms" role="group" aria-label=${t("zoom")}>
        <button type="button" aria-label=${t("zoom_in")} @click=${() => zoom(STEP ** 2)}>+</button>
        <button type="button" aria-label=${t("zoom_out")} @click=${() => zoom(STEP ** -2)}>−</button>
        <button type="button" aria-label=${t("zoom_fit")} @click=${fit}>⤢</button></div>` : nothing}`, element);
  }

  function set(next) {
    view = next;
    draw();
    moved();
  }

  const whole = () => ({ x: 0, y: 0, w: picture.width, h: picture.height });
  const fit = () => picture && set(whole());

  /** Keep `[px, py]`, in pixels of the picture, where it is while all else grows by `by`. */
  function zoomAt(by, px, py) {
    const w = Math.min(picture.width, Math.max(picture.width / CLOSEST, view.w / by));
    const scale = w / view.w;
    set(kept({ x: px - (px - view.x) * scale, y: py - (py - view.y) * scale, w, h: view.h * scale }));
  }

  /** The picture may leave the stage by no more than the stage is wide. */
  const kept = (v) => ({ ...v, x: between(v.x, 0, picture.width - v.w), y: between(v.y, 0, picture.height - v.h) });
  const between = (value, low, high) => Math.min(Math.max(value, Math.min(low, high)), Math.max(low, high));

  const zoom = (by) => picture && zoomAt(by, view.x + view.w / 2, view.y + view.h / 2);

  /** Bring a part up close: with its surroundings, half as much again on each side. */
  function closeUp([x1, y1, x2, y2]) {
    if (!picture) return;
    const { width, height } = picture;
    const w = Math.min(width, Math.max((x2 - x1) * width * 2, ((y2 - y1) * height * 2 * width) / height, width / CLOSEST));
    const h = (w * height) / width;
    set(kept({ x: ((x1 + x2) / 2) * width - w / 2, y: ((y1 + y2) / 2) * height - h / 2, w, h }));
  }

  function pixel(event) {
    const shown = element.querySelector("svg");
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(shown.getScreenCTM().inverse());
    return [at.x, at.y];
  }

  const point = (event) => {
    const [x, y] = pixel(event);
    return [between(x / picture.width, 0, 1), between(y / picture.height, 0, 1)];
  };

  function wheel(event) {
    event.preventDefault();
    zoomAt(event.deltaY < 0 ? STEP : 1 / STEP, ...pixel(event));
  }

  function press(event) {
    if (!pans(event) || event.button > 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    held.set(event.pointerId, pixel(event));
  }

  /** One finger or button pans; two pinch. */
  function move(event) {
    const from = held.get(event.pointerId);
    if (!from) return;
    const [x, y] = pixel(event);
    if (held.size === 1) return set(kept({ ...view, x: view.x + from[0] - x, y: view.y + from[1] - y }));
    const [other] = [...held].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    const before = Math.hypot(from[0] - other[0], from[1] - other[1]);
    const after = Math.hypot(x - other[0], y - other[1]);
    if (before > 0 && after > 0) zoomAt(after / before, ...other);
    held.set(event.pointerId, pixel(event));
    return undefined;
  }

  const lift = (event) => held.delete(event.pointerId);
  const twice = (event) => pans(event) && zoomAt(STEP ** 3, ...pixel(event));

  return {
    element, fit, zoom, closeUp, point, redraw: draw,
    get picture() { return picture; },
    /** The middle of what is seen, in fractions of the picture. */
    get middle() { return [(view.x + view.w / 2) / picture.width, (view.y + view.h / 2) / picture.height]; },
    /** Pixels of the picture in one pixel of the screen: to draw handles as large at any zoom. */
    get grain() { return view ? Math.max(view.w / (element.clientWidth || 1), view.h / (element.clientHeight || 1)) : 1; },
    show(next) {
      const same = picture && picture.width === next.width && picture.height === next.height;
      picture = next;
      if (same) draw();
      else set(whole());
    },
    over(template) {
      drawn = template;
      draw();
    },
    clear() {
      picture = view = null;
      drawn = nothing;
      draw();
    },
  };
}

// Outlines drawn and shaped on the picture stage, by mouse, finger or keyboard. Grips take the press
// before the stage does, so that all else still pans it.

import { nothing, svg } from "../../../core/elements.js";
import { t } from "../../../core/words.js";
import { placed, words } from "../overlay.js";
import { fault, halfway, rounded, shifted } from "./outline.js";

const TAP_PX = 5;
const NEAR_PX = 12;
const STEP = 0.002;
const FAR = 0.02;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * Drawing on a stage. `shapes()` gives `[{points, name, tone}]`, `chosen()` which of them has grips;
 * `choose(index)`, `shaped(index, points)` and `drawn(points)` are called with what somebody did,
 * `refused({word, values})` with why an outline is not taken, `redraw()` when something moves.
 */
export function drawing({ stage, shapes, chosen, choose, shaped, drawn, refused, redraw }) {
  let sketch = null; // corners so far, while a new outline is drawn
  let pointer = null;
  let drag = null; // {index, corner | whole, from, points, now}
  let pressed = null;

  const shape = (index) => (drag?.index === index ? drag.now : shapes()[index].points);

  function take(index, points) {
    const wrong = fault(points);
    if (wrong) refused(wrong);
    else shaped(index, points);
    redraw();
  }

  // A grip: a corner (or a new one on a side), or the whole.
  function grab(event, index, corner) {
    if (event.button > 0 || sketch) return;
    event.stopPropagation();
    event.target.setPointerCapture(event.pointerId);
    const points = shapes()[index].points;
    drag = { index, corner, from: stage.point(event), points, now: points, moved: false };
  }

  function split(event, index, side) {
    grab(event, index, side + 1);
    const { points } = drag;
    drag.points = [...points.slice(0, side + 1), halfway(points[side], points[(side + 1) % points.length]), ...points.slice(side + 1)];
    drag.now = drag.points;
    drag.moved = true;
  }

  function pull(event) {
    if (!drag) return;
    event.stopPropagation();
    const [x, y] = stage.point(event);
    const [dx, dy] = [x - drag.from[0], y - drag.from[1]];
    const px = Math.hypot(dx * stage.picture.width, dy * stage.picture.height) / stage.grain;
    drag.moved ||= px > TAP_PX / 2;
    if (!drag.moved) return;
    drag.now = drag.corner === null ? shifted(drag.points, dx, dy)
      : drag.points.map((point, at) => (at === drag.corner ? rounded([point[0] + dx, point[1] + dy]) : point));
    redraw();
  }

  function release() {
    if (!drag) return;
    const { index, now, moved } = drag;
    drag = null;
    if (moved) take(index, now);
    else redraw();
  }

  // Taps: a corner of the sketch, or the choice of a shape.
  const down = (event) => { pressed = { at: [event.clientX, event.clientY], target: event.target }; };
  function up(event) {
    const moved = pressed ? Math.hypot(event.clientX - pressed.at[0], event.clientY - pressed.at[1]) : Infinity;
    const target = pressed?.target;
    pressed = null;
    if (moved > TAP_PX || event.button > 0 || !target.closest("svg")) return;
    if (sketch) return void corner(stage.point(event));
    choose(Number(target.closest("[data-shape]")?.dataset.shape ?? -1));
  }

  const near = ([ax, ay], [bx, by]) => Math.hypot((ax - bx) * stage.picture.width, (ay - by) * stage.picture.height) / stage.grain < NEAR_PX;

  function corner(at) {
    if (sketch.length >= 3 && near(sketch[0], at)) return finish();
    if (sketch.length && near(sketch.at(-1), at)) return undefined; // the second click of a double one
    const next = [...sketch, rounded(at)];
    const wrong = fault(next, false);
    if (wrong) refused(wrong);
    else sketch = next;
    return redraw();
  }

  function finish() {
    const wrong = fault(sketch);
    if (wrong) return void refused(wrong);
    const points = sketch;
    sketch = null;
    return drawn(points);
  }

  function moveTo(event) {
    if (!sketch || !stage.picture) return;
    pointer = stage.point(event);
    redraw();
  }

  stage.element.addEventListener("pointerdown", down);
  stage.element.addEventListener("pointerup", up);
  stage.element.addEventListener("pointermove", moveTo);
  const twice = (event) => { if (sketch) { event.stopPropagation(); if (sketch.length >= 3) finish(); } };
  stage.element.addEventListener("dblclick", twice, true);

  function pushed(event, index, at) {
    const { points } = shapes()[index];
    const arrow = ARROWS[event.key];
    let next = null;
    if (arrow) {
      const by = event.shiftKey ? FAR : STEP;
      const [dx, dy] = [arrow[0] * by, arrow[1] * by];
      next = at === null ? shifted(points, dx, dy) : points.map((point, i) => (i === at ? rounded([point[0] + dx, point[1] + dy]) : point));
    } else if (at !== null && ["Delete", "Backspace"].includes(event.key)) {
      if (points.length > 3) next = points.filter((_, i) => i !== at);
      else refused({ word: "three_corners", values: {} });
    } else if (at !== null && ["+", "Insert"].includes(event.key)) {
      next = [...points.slice(0, at + 1), halfway(points[at], points[(at + 1) % points.length]), ...points.slice(at + 1)];
    } else return;
    event.preventDefault();
    event.stopPropagation();
    if (next) take(index, next);
  }

  function grips(index, picture, grain) {
    const { points: own, name } = shapes()[index];
    const points = shape(index);
    const at = ([x, y]) => [x * picture.width, y * picture.height];
    const sides = drag ? [] : own.map((point, i) => halfway(point, own[(i + 1) % own.length]));
    return svg`${sides.map((point, i) => { const [x, y] = at(point); return svg`<circle data-grip class="grip side" cx=${x} cy=${y} r=${5 * grain}
        @pointerdown=${(event) => split(event, index, i)} @pointermove=${pull} @pointerup=${release} @pointercancel=${release}></circle>`; })}
      ${points.map((point, i) => { const [x, y] = at(point); return svg`<g data-grip class="grip corner" tabindex="0" role="button"
        aria-label=${t("corner_at", { n: i + 1, name, x: Math.round(point[0] * 100), y: Math.round(point[1] * 100) })}
        @keydown=${(event) => pushed(event, index, i)} @pointerdown=${(event) => grab(event, index, i)} @pointermove=${pull} @pointerup=${release} @pointercancel=${release}>
        <circle class="reach" cx=${x} cy=${y} r=${13 * grain}></circle><circle class="dot" cx=${x} cy=${y} r=${6 * grain}></circle></g>`; })}`;
  }

  function one({ name, tone }, index, picture, grain) {
    const points = shape(index);
    const mine = index === chosen();
    const wrong = drag?.index === index && fault(points);
    const press = mine ? (event) => grab(event, index, null) : () => {};
    const top = points.reduce((best, point) => (point[1] < best[1] ? point : best));
    return svg`<g class="outline ${tone} ${mine ? "chosen" : ""} ${wrong ? "wrong" : ""}"><polygon data-shape=${index} points=${placed(points, picture)} tabindex=${mine ? 0 : -1} role="button"
        aria-label=${name} aria-pressed=${mine} @keydown=${mine ? (event) => pushed(event, index, null) : undefined}
        @pointerdown=${press} @pointermove=${pull} @pointerup=${release} @pointercancel=${release}></polygon>${words(name, top, picture, grain, tone)}</g>`;
  }

  function sketched(picture, grain) {
    const trail = pointer ? [...sketch, pointer] : sketch;
    return svg`<g class="sketch"><polyline points=${placed(trail, picture)}></polyline>
      ${sketch.map(([x, y], i) => svg`<circle class=${i ? "dot" : "dot first"} cx=${x * picture.width} cy=${y * picture.height} r=${(i ? 4 : 7) * grain}></circle>`)}</g>`;
  }

  return {
    get sketching() { return sketch !== null; },
    begin() { sketch = []; pointer = null; redraw(); },
    cancel() { sketch = null; redraw(); },
    finish() { if (sketch?.length >= 3) finish(); else if (sketch) refused({ word: "three_corners", values: {} }); },
    back() { sketch = sketch.slice(0, -1); redraw(); },
    /** Whether a double click zooms the stage. */
    pans: (event) => !(sketch && event.type === "dblclick"),
    over() {
      const { picture, grain } = stage;
      if (!picture) return nothing;
      const all = shapes().map((each, index) => ({ each, index })).sort((a, b) => Number(a.index === chosen()) - Number(b.index === chosen()));
      return svg`${all.map(({ each, index }) => one(each, index, picture, grain))}
        ${!sketch && shapes()[chosen()] ? grips(chosen(), picture, grain) : nothing}${sketch ? sketched(picture, grain) : nothing}`;
    },
    leave() {
      stage.element.removeEventListener("pointerdown", down);
      stage.element.removeEventListener("pointerup", up);
      stage.element.removeEventListener("pointermove", moveTo);
      stage.element.removeEventListener("dblclick", twice, true);
    },
  };
}

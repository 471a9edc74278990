// Hiding more of a picture by hand: boxes drawn on the stage by pointer, or placed, moved and sized by keyboard and
// numbers, sent together.

import { post } from "../../core/api.js";
import { html, nothing, svg } from "../../core/elements.js";
import { t } from "../../core/words.js";
import { live } from "../../vendor/lit-html/directives/live.js";

const SMALLEST = 0.004; // of the picture's side: less is a slip of the finger
const PLACED = 0.1; // of the side, of a box that nobody has drawn
const STEP = 0.005;
const FAR = 0.05;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const SIDES = ["mask_left", "mask_top", "mask_width", "mask_height"];

/** A box `[x, y, w, h]`, in fractions, that lies in the picture. */
function inside([x, y, w, h]) {
  const within = (value, low, high) => Math.min(Math.max(value, low), high);
  const [wide, high] = [within(w, SMALLEST, 1), within(h, SMALLEST, 1)];
  return [within(x, 0, 1 - wide), within(y, 0, 1 - high), wide, high];
}

/** Drawing masks on a stage: `active`, `begin()`, `end()`, `template()`, `controls()`, `send(caseId, picture, note)`. */
export function masks(stage, changed) {
  let active = false;
  let boxes = [];
  let chosen = -1;
  let from = null;
  let to = null;

  const box = () => [Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.abs(from[0] - to[0]), Math.abs(from[1] - to[1])];

  stage.element.addEventListener("pointerdown", (event) => {
    if (!active || event.button > 0 || !event.target.closest("svg")) return;
    stage.element.setPointerCapture(event.pointerId);
    from = to = stage.point(event);
  });
  stage.element.addEventListener("pointermove", (event) => {
    if (!from) return;
    to = stage.point(event);
    changed();
  });
  const lift = () => {
    if (!from) return;
    const [x, y, w, h] = box();
    if (w > SMALLEST && h > SMALLEST) add([x, y, w, h]);
    from = to = null;
    changed();
  };
  stage.element.addEventListener("pointerup", lift);
  stage.element.addEventListener("pointercancel", lift);

  function set(is) {
    active = is;
    boxes = [];
    chosen = -1;
    from = to = null;
    stage.element.classList.toggle("drawing", is);
    changed();
  }

  function add(one) {
    boxes.push(inside(one));
    chosen = boxes.length - 1;
  }

  /** A box in the middle of what is seen, with the keyboard on it. */
  function place() {
    const [x, y] = stage.middle;
    add([x - PLACED / 2, y - PLACED / 2, PLACED, PLACED]);
    changed();
    stage.element.querySelector(".mask.chosen").focus();
  }

  function drop(index) {
    boxes.splice(index, 1);
    chosen = boxes.length - 1;
    changed();
  }

  function pressed(event, index) {
    const arrow = ARROWS[event.key];
    if (!arrow && !["Delete", "Backspace"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation(); // arrows lead to other pictures, where no box has the keyboard
    if (!arrow) return void drop(index);
    const [dx, dy] = arrow.map((way) => way * (event.altKey ? FAR : STEP));
    const [x, y, w, h] = boxes[index];
    boxes[index] = inside(event.shiftKey ? [x, y, w + dx, h + dy] : [x + dx, y + dy, w, h]);
    changed();
  }

  const chooses = (index) => { if (chosen !== index) { chosen = index; changed(); } };

  function number(word, side) {
    const put = (event) => {
      const value = event.target.valueAsNumber;
      if (!Number.isFinite(value)) return;
      boxes[chosen] = inside(boxes[chosen].map((old, at) => (at === side ? value / 100 : old)));
      changed();
    };
    return html`<label class="side-of">${t(word)}<input type="number" min="0" max="100" step="0.5" name=${word}
      .value=${live(String(Math.round(boxes[chosen][side] * 1000) / 10))} @change=${put}>%</label>`;
  }

  return {
    get active() { return active; },
    get count() { return boxes.length; },
    begin: () => set(true),
    end: () => set(false),
    undo: () => drop(boxes.length - 1),
    place,
    template() {
      const { width, height } = stage.picture;
      const rect = ([x, y, w, h], index) => svg`<rect class="mask ${index === chosen ? "chosen" : ""}" x=${x * width} y=${y * height} width=${w * width} height=${h * height}
        tabindex="0" role="button" aria-label=${t("mask_box", { n: index + 1 })} @focus=${() => chooses(index)} @keydown=${(event) => pressed(event, index)}></rect>`;
      return [...boxes.map(rect), ...(from ? [rect(box(), -2)] : [])];
    },
    /** The chosen box in numbers. */
    controls: () => (boxes[chosen] ? html`<span class="sides" role="group" aria-label=${t("mask_box", { n: chosen + 1 })}>${SIDES.map(number)}</span>` : nothing),
    /** The case, with its new pictures. */
    send: (id, sha256, note) => post(`/v1/cases/${encodeURIComponent(id)}/masks`, { picture: sha256, boxes, note }),
  };
}

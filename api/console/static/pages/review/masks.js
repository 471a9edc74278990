// Hiding more of a picture by hand: boxes drawn on the stage, sent together.

import { post } from "../../core/api.js";
import { svg } from "../../core/elements.js";

const SMALLEST = 0.004; // of the picture's side: less is a slip of the finger

/** Drawing masks on a stage: `active`, `begin()`, `end()`, `template()`, `send(caseId, picture, note)`. */
export function masks(stage, changed) {
  let active = false;
  let boxes = [];
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
    if (w > SMALLEST && h > SMALLEST) boxes.push([x, y, Math.min(w, 1 - x), Math.min(h, 1 - y)]);
    from = to = null;
    changed();
  };
  stage.element.addEventListener("pointerup", lift);
  stage.element.addEventListener("pointercancel", lift);

  function set(is) {
    active = is;
    boxes = [];
    from = to = null;
    stage.element.classList.toggle("drawing", is);
    changed();
  }

  return {
    get active() { return active; },
    get count() { return boxes.length; },
    begin: () => set(true),
    end: () => set(false),
    undo() { boxes.pop(); changed(); },
    template() {
      const { width, height } = stage.picture;
      return [...boxes, ...(from ? [box()] : [])].map(([x, y, w, h]) =>
        svg`<rect class="mask" x=${x * width} y=${y * height} width=${w * width} height=${h * height}></rect>`);
    },
    /** The case, with its new pictures. */
    send: (id, sha256, note) => post(`/v1/cases/${encodeURIComponent(id)}/masks`, { picture: sha256, boxes, note }),
  };
}

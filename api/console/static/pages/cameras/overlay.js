// What is drawn over a picture, in the picture's own pixels. `grain` is how many of them are one pixel
// of the screen, so that lines and words keep their size at any zoom.

import { nothing, svg } from "../../core/elements.js";

/** Screen pixels: in a picture that is shown narrower, words are smaller. */
const SMALL_PX = 560;

/** Corners in fractions of the picture, as an SVG `points`. */
export const placed = (points, { width, height }) => points.map(([x, y]) => `${x * width},${y * height}`).join(" ");

/** Words with a dark halo, above a point of the picture; inside it at its upper edge. */
export function words(text, [x, y], { width, height }, grain, tone = "") {
  const size = (width / grain < SMALL_PX ? 10 : 13) * grain;
  return svg`<text class="words ${tone}" x=${x * width + 3 * grain} y=${Math.max(y * height - 5 * grain, size)} font-size=${size} stroke-width=${3.5 * grain}>${text}</text>`;
}

/** The corner of an outline at which its name stands: the uppermost. */
const top = (points) => points.reduce((best, point) => (point[1] < best[1] ? point : best));

/** A named outline. */
export function outline(points, picture, grain, { tone = "zone", name = "" } = {}) {
  return svg`<g class="outline ${tone}"><polygon points=${placed(points, picture)}></polygon>${name ? words(name, top(points), picture, grain, tone) : nothing}</g>`;
}

/** A box `[x1, y1, x2, y2]` in fractions, with words over it, and how far a clock has come (0 to 1). */
export function boxed([x1, y1, x2, y2], picture, grain, { tone = "object", text = "", done = null } = {}) {
  const [x, y, w, h] = [x1 * picture.width, y1 * picture.height, (x2 - x1) * picture.width, (y2 - y1) * picture.height];
  const bar = 5 * grain;
  return svg`<g class="boxed ${tone}"><rect x=${x} y=${y} width=${w} height=${h}></rect>
    ${done === null ? nothing : svg`<rect class="track" x=${x} y=${y + h + bar / 2} width=${w} height=${bar}></rect><rect class="done" x=${x} y=${y + h + bar / 2} width=${w * Math.min(1, done)} height=${bar}></rect>`}
    ${text ? words(text, [x1, y1], picture, grain, tone) : nothing}</g>`;
}

// Marks on the map: a kind has its shape, a state its colour, so that nothing hangs on colour alone.

import "../vendor/leaflet/leaflet.js";
import { colour } from "../core/colour.js";

const { L } = globalThis;
const RADIUS = 8;
const TONES = ["warn", "bad", "info", "good", "dim"];
/** Marks that are a circle. */
const ROUND = new Set(["street_vending", "camera", "cluster"]);
/** Corners of the other marks' shapes, in their radius. */
const SHAPES = {
  illegal_structure: [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]],
  overflowing_bin: [[0, -1.1], [1.1, 0.9], [-1.1, 0.9]],
  dirty_truck: [[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]],
};
/** Of a kind that another package brings. */
const OTHER = [0, 1, 2, 3, 4].map((at) => [1.15 * Math.sin(at * 0.4 * Math.PI), -1.15 * Math.cos(at * 0.4 * Math.PI)]);
const SIGNS = { street_vending: "●", illegal_structure: "■", overflowing_bin: "▲", dirty_truck: "◆" };

/** A kind's shape as a character, for a legend. */
export const sign = (kind) => SIGNS[kind] ?? "⬟";

const Mark = L.CircleMarker.extend({
  // Leaflet draws a path by its renderer; ours asks the canvas for a shape instead of a circle.
  _updatePath() {
    const { _ctx: ctx, _drawing: drawing } = this._renderer;
    if (!drawing || this._empty()) return;
    const { x, y } = this._point;
    const { shape, chosen, count } = this.options;
    if (chosen) ring(ctx, x, y, this._radius + 5, colour("focus"));
    outline(ctx, x, y, this._radius, shape);
    this._renderer._fillStroke(ctx, this);
    if (shape === "camera") lens(ctx, x, y, colour("ink"));
    if (count > 1) number(ctx, x, y, count);
  },
});

function outline(ctx, x, y, radius, shape) {
  ctx.beginPath();
  const corners = SHAPES[shape] ?? OTHER;
  if (ROUND.has(shape)) ctx.arc(x, y, radius, 0, Math.PI * 2);
  else corners.forEach(([dx, dy], at) => ctx[at ? "lineTo" : "moveTo"](x + dx * radius, y + dy * radius));
  ctx.closePath();
}

function ring(ctx, x, y, radius, stroke) {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, Math.PI * 2);
  ctx.lineWidth = 3;
  ctx.strokeStyle = stroke;
  ctx.stroke();
}

function lens(ctx, x, y, fill) {
  ctx.beginPath();
  ctx.arc(x, y, 2.2, 0, Math.PI * 2);
  ctx.fillStyle = fill;
  ctx.fill();
}

function number(ctx, x, y, count) {
  ctx.font = "600 12px system-ui, sans-serif";
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillStyle = colour("on-mark");
  ctx.fillText(count > 999 ? "999+" : String(count), x, y + 0.5);
}

/** The mark of one point, or of several that lie together: the most urgent state colours it. */
export function mark(group, { renderer, pane, chosen }) {
  const count = group.length;
  const tone = TONES.find((one) => group.some((point) => point.tone === one)) ?? "info";
  const lat = group.reduce((sum, point) => sum + point.lat, 0) / count;
  const lon = group.reduce((sum, point) => sum + point.lon, 0) / count;
  const camera = group[0].mark === "camera";
  return new Mark([lat, lon], {
    renderer, pane, chosen, count,
    shape: count > 1 ? "cluster" : group[0].mark,
    radius: camera ? 6 : count > 1 ? Math.min(20, 11 + Math.log2(count) * 1.3) : RADIUS,
    color: camera ? colour("ink") : colour("card"),
    weight: 2,
    fillColor: camera ? colour("card") : colour(tone === "dim" ? "dim" : tone),
    fillOpacity: 1,
  });
}

// Outlines: what is wrong with one as it is drawn. `vision/outlines.py` judges when it is tested or saved.

/** Share of the picture: what is nowhere wider cannot be seen. */
const THINNEST = 0.001;

const turn = ([ax, ay], [bx, by], [cx, cy]) => Math.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax));
const crosses = (a, b, c, d) => turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0;

/** The first two sides that cross, by the places of their first corners; null where none do. */
function crossing(points, closed = true) {
  const count = closed ? points.length : points.length - 1;
  const side = (i) => [points[i], points[(i + 1) % points.length]];
  for (let i = 0; i < count; i += 1) {
    for (let j = i + 1; j < count; j += 1) if (crosses(...side(i), ...side(j))) return [i, j];
  }
  return null;
}

const area = (points) => Math.abs(points.reduce((sum, [x, y], i) => {
  const [nx, ny] = points[(i + 1) % points.length];
  return sum + x * ny - nx * y;
}, 0)) / 2;

/**
 * What is wrong: `{word, values}` of the words file, or null. Corners are counted from 1, as the
 * server counts them. `closed` is false while it is still drawn.
 */
export function fault(points, closed = true) {
  const crossed = crossing(points, closed);
  if (crossed) {
    const [i, j] = crossed;
    const next = (at) => ((at + 1) % points.length) + 1;
    return { word: "crosses", values: { a: i + 1, b: next(i), c: j + 1, d: next(j) } };
  }
  if (closed && (points.length < 3 || area(points) < THINNEST ** 2 || thin(points))) return { word: "no_area", values: {} };
  return null;
}

/** All corners in a row, or nearly: none is farther from the longest line between two of them. */
function thin(points) {
  let longest = [0, points[0], points[0]];
  for (const a of points) for (const b of points) {
    const length = Math.hypot(a[0] - b[0], a[1] - b[1]);
    if (length > longest[0]) longest = [length, a, b];
  }
  const [length, [ax, ay], [bx, by]] = longest;
  return length === 0 || points.every(([x, y]) => Math.abs((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / length < THINNEST);
}

const inside = (value) => Math.min(1, Math.max(0, value));
export const rounded = ([x, y]) => [Math.round(inside(x) * 1e4) / 1e4, Math.round(inside(y) * 1e4) / 1e4];

/** All corners moved, by no more than keeps the whole within the picture. */
export function shifted(points, dx, dy) {
  const within = (by, values) => Math.min(1 - Math.max(...values), Math.max(-Math.min(...values), by));
  const [mx, my] = [within(dx, points.map(([x]) => x)), within(dy, points.map(([, y]) => y))];
  return points.map(([x, y]) => rounded([x + mx, y + my]));
}

export const halfway = ([ax, ay], [bx, by]) => rounded([(ax + bx) / 2, (ay + by) / 2]);
export const RECTANGLE = [[0.35, 0.35], [0.65, 0.35], [0.65, 0.65], [0.35, 0.65]];
export const WHOLE = [[0, 0], [1, 0], [1, 1], [0, 1]];

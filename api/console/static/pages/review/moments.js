// Which pictures a case has, one for each moment that was kept, and which of them shows it best.

import { media } from "../../core/api.js";

const KEPT = 30;
const EDGE = 0.01; // as `vision/clarity.py`: nearer to the edge than this, a thing is taken as cut off
const SHOWN = ["masked", "annotated"];
const known = new Map();
const ready = new Map();

/**
 * The moments of a case in time: `{of, moment, camera, at, sha256, subject, original, boxes}`. `sha256` is the masked
 * picture without anything drawn in, `subject` the one that shows the vehicle's own plate, `boxes` where the violation
 * is, in fractions; of a picture of which nobody kept it, the place where the case was found stands in.
 */
export function moments(item) {
  const found = new Map();
  const there = item.evidence.filter((e) => !e.purged_at && e.media_type.startsWith("image/"));
  for (const role of SHOWN) {
    for (const e of there.filter((one) => one.role === role && one.of)) {
      const key = `${e.of} ${e.moment}`;
      if (!found.has(key)) found.set(key, { of: e.of, moment: e.moment, camera: e.camera, at: e.captured_at, sha256: e.sha256, boxes: e.boxes ?? [] });
    }
  }
  for (const one of found.values()) {
    one.subject = there.find((e) => e.role === "subject" && e.of === one.of)?.sha256 ?? null;
    one.original = there.some((e) => e.role === "original" && e.sha256 === one.of) ? one.of : null;
    if (!one.boxes.length && one.camera === item.camera && !isGone(one) && one.moment !== "opened") one.boxes = [item.box];
  }
  return [...found.values()].sort((a, b) => a.at.localeCompare(b.at));
}

export const clipOf = (item) => item.evidence.findLast((e) => e.media_type === "video/mp4" && !e.purged_at) ?? null;

const isGone = ({ moment }) => moment === "cleared";

/** The smallest box around all of these, or null. */
export function hull(boxes) {
  if (!boxes.length) return null;
  const side = (n, pick) => pick(...boxes.map((box) => box[n]));
  return [side(0, Math.min), side(1, Math.min), side(2, Math.max), side(3, Math.max)];
}

/** How well a picture shows the violation: large, whole, and rather the one that was chosen for it. */
function worth(one) {
  const box = hull(one.boxes);
  if (!box || isGone(one)) return isGone(one) ? -1 : 0;
  const [x1, y1, x2, y2] = box;
  const whole = Math.min(x1, y1, 1 - x2, 1 - y2) >= EDGE;
  return (x2 - x1) * (y2 - y1) * (whole ? 1 : 0.5) * (one.moment === "best" ? 1.5 : 1);
}

/** The picture that stands for a case: the largest and clearest look; the later of equals. */
export const cover = (all) => all.reduce((best, one) => (!best || worth(one) >= worth(best) ? one : best), null);

/** What is to be compared: the place as it was, and as it is: gone against there, else there against first seen. */
export function pair(all) {
  const best = cover(all);
  const gone = all.findLast(isGone) ?? all.findLast(({ moment }) => moment === "reobserved");
  if (gone && gone !== best) return { before: best, after: gone };
  const first = all.find(({ moment }) => moment === "opened");
  return first && first !== best ? { before: first, after: best } : null;
}

/** A stored picture, decoded: `{src, width, height}`; at once where it was asked for before. */
export function picture(sha256) {
  const wanted = known.get(sha256) ?? load(sha256);
  known.delete(sha256);
  known.set(sha256, wanted);
  media(sha256).catch(() => {}); // so that its bytes stay as long as this
  while (known.size > KEPT) forget(known.keys().next().value);
  return wanted;
}

function forget(sha256) {
  known.delete(sha256);
  ready.delete(sha256);
}

function load(sha256) {
  const wanted = media(sha256).then(async (src) => {
    const image = new Image();
    image.src = src;
    await image.decode();
    const got = { src, width: image.naturalWidth, height: image.naturalHeight, image };
    ready.set(sha256, got);
    return got;
  });
  wanted.catch(() => forget(sha256));
  return wanted;
}

/** The address of a picture that is here; else null, and `then` is called once it is. */
export function sourceOf(sha256, then) {
  const got = ready.get(sha256);
  const wanted = picture(sha256);
  if (!got) wanted.then(then, () => {});
  return got?.src ?? null;
}

/** Have the pictures of a case here before it is shown: its cover first. */
export async function prefetch(item) {
  const all = moments(item);
  const first = cover(all);
  if (first) await picture(first.sha256).catch(() => {});
  for (const one of all) await picture(one.sha256).catch(() => {});
}

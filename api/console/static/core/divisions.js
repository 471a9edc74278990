// The tree of divisions (province, city, district, street, community): what each is called, and what it lies in.

import { spoken, t } from "./words.js";

let known = new Map();

/** Take the server's list, in which each stands behind what it lies in. */
export const learnDivisions = (list) => { known = new Map((list?.items ?? []).map((one) => [one.code, one])); };

const named = (one) => one && (one[spoken()] || one.zh);

/** A division's name; its code where the site's register has none. */
export const divisionName = (code) => named(known.get(code)) || code;

/** Its name behind those of what it lies in, as far as these have one. */
export function divisionPath(code) {
  const path = [divisionName(code)];
  for (let one = known.get(known.get(code)?.within); one; one = known.get(one.within)) if (named(one)) path.unshift(named(one));
  return path.join(" › ");
}

/** The level of a code, or empty for a site's own. */
export const divisionLevel = (code) => known.get(code)?.level ?? "";

/** Where a case can be passed on to. */
export const divisionTargets = () => [...known.values()].filter((one) => one.target).map((one) => one.code);

/**
 * The tree as options of a select, `[code, label]`, a step further in for each level: what somebody sees.
 * Empty where that is one line without a branch, of which every part has the same cases; but for what is chosen.
 */
export function divisionOptions(chosen = "") {
  const seen = [...known.values()].filter((one) => one.seen);
  const above = new Set(seen.map((one) => one.within));
  const ends = seen.filter((one) => one.target || !above.has(one.code)).length;
  const depth = (one) => (seen.includes(known.get(one.within)) ? 1 + depth(known.get(one.within)) : 0);
  const options = ends < 2 ? [] : seen.map((one) => [one.code, `${"\u2003".repeat(depth(one))}${named(one) || (one.level ? `${one.code} (${t(`level_${one.level}`)})` : one.code)}`]);
  return !chosen || options.some(([code]) => code === chosen) ? options : [...options, [chosen, divisionName(chosen)]];
}

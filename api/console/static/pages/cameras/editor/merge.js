// Two people changed one camera: what the other changed, and both changes in one.

import { PARTS } from "./draft.js";

const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
const byName = (zones) => new Map((zones ?? []).map((zone) => [zone.name, zone]));

/** What differs: `[{part, name, how}]`, zones by their names; `how` is `added`, `removed` or `changed`. */
export function differences(before, after) {
  const found = [];
  for (const part of PARTS) {
    if (same(before[part], after[part])) continue;
    if (part !== "zones") {
      found.push({ part, name: "", how: "changed" });
      continue;
    }
    const [old, now] = [byName(before.zones), byName(after.zones)];
    for (const name of new Set([...old.keys(), ...now.keys()])) {
      if (same(old.get(name), now.get(name))) continue;
      found.push({ part, name, how: old.has(name) ? (now.has(name) ? "changed" : "removed") : "added" });
    }
  }
  return found;
}

/** Both changes: where one side left a part or a zone as it was, the other's counts; where both changed it, mine. */
export function merged(base, mine, theirs) {
  const result = {};
  for (const part of PARTS) {
    if (!(part in mine) && !(part in theirs)) continue;
    if (part === "zones") result.zones = mergedZones(base.zones, mine.zones, theirs.zones);
    else result[part] = same(base[part], mine[part]) ? theirs[part] : mine[part];
  }
  return structuredClone(result);
}

function mergedZones(base, mine, theirs) {
  const [old, my, their] = [byName(base), byName(mine), byName(theirs)];
  return [...new Set([...their.keys(), ...my.keys()])]
    .map((name) => (same(old.get(name), my.get(name)) ? their.get(name) : my.get(name)))
    .filter(Boolean);
}

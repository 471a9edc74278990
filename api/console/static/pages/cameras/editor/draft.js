// A camera's setup while it is edited: what stands in the file, what was made of it, and the steps
// between. Kept in this tab, so that a reload or an expired session loses nothing.

const LONGEST = 200;
/** What `PUT /v1/cameras/{id}/setup` takes. */
export const PARTS = ["zones", "ground", "privacy", "presets", "place", "admissibility", "analyse_fps", "candidate_fps"];
const kept = (camera) => `streetwarden.draft.${camera}`;
const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** The parts of a setup as the server gave it. */
const partsOf = (setup) => structuredClone(Object.fromEntries(PARTS.filter((part) => part in setup).map((part) => [part, setup[part]])));

/** The draft of a camera's setup; `changed` is called after each step. */
export function draftOf(camera, setup, changed = () => {}) {
  let base = partsOf(setup);
  let version = setup.version;
  let now = structuredClone(base);
  let back = [];
  let forth = [];
  let lastStep = "";
  recall();

  function recall() {
    const stored = JSON.parse(sessionStorage.getItem(kept(camera)) ?? "null");
    if (!stored || same(stored.now, base)) return;
    ({ now, base, version } = stored); // of an older version, the server says so when it is saved
  }

  function keep() {
    if (same(now, base)) sessionStorage.removeItem(kept(camera));
    else sessionStorage.setItem(kept(camera), JSON.stringify({ now, base, version }));
    changed();
  }

  return {
    get now() { return now; },
    get base() { return base; },
    get version() { return version; },
    get dirty() { return !same(now, base); },
    get canUndo() { return back.length > 0; },
    get canRedo() { return forth.length > 0; },
    /** The parts that differ from the file. */
    get touched() { return PARTS.filter((part) => !same(now[part], base[part])); },
    /** Make one step; steps of the same name in a row, such as letters typed into one field, are one. */
    step(name, change) {
      const before = structuredClone(now);
      change(now);
      if (same(before, now)) return;
      if (!name || name !== lastStep) back = [...back.slice(-LONGEST), before];
      lastStep = name;
      forth = [];
      keep();
    },
    undo() {
      if (!back.length) return;
      forth.push(now);
      now = back.pop();
      lastStep = "";
      keep();
    },
    redo() {
      if (!forth.length) return;
      back.push(now);
      now = forth.pop();
      lastStep = "";
      keep();
    },
    /** Begin again from what the file says now; `mine` is what stays of the draft, nothing by default. */
    rebase(next, mine = null) {
      base = partsOf(next);
      version = next.version;
      now = structuredClone(mine ?? base);
      back = [];
      forth = [];
      lastStep = "";
      keep();
    },
  };
}

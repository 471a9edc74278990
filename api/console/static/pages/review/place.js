// Where the open case is, on the map that all pages share. The map's library comes after the first case is
// shown: nobody waits for it.

import { nothing } from "../../core/elements.js";

const GEODETIC = ["WGS84", "CGCS2000"];

/** `element` (nothing while there is none), `show(item)`, `redraw()`, `close()`; `came()` is called when it is there. */
export function placeMap(came) {
  let shown = null;
  let item = null;
  let coming = null;
  let closed = false;

  async function make() {
    const { map } = await import("../../map/map.js");
    if (closed) return;
    shown = map();
    put();
    came();
  }

  function put() {
    const { where } = item;
    shown?.show(placed() ? [{ id: item.case_id, lon: where.lon, lat: where.lat, mark: item.kind, tone: "warn", label: where.address || item.camera }] : []);
    if (placed()) shown?.fit();
  }

  const placed = () => item && item.where.lon !== null && GEODETIC.includes(item.where.crs);

  return {
    get element() { return shown && placed() ? shown.element : nothing; },
    show(next) {
      item = next;
      if (shown) put();
      else if (placed()) coming ??= make().catch(() => { coming = null; });
    },
    redraw() { shown?.redraw(); },
    close() {
      closed = true;
      shown?.close();
    },
  };
}

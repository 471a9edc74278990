// Where the open case is, on the map that all pages share; only the address where there is no map.

import { nothing } from "../../core/elements.js";

/** `element` (or nothing), `show(where)`, `redraw()`. */
export function placeMap() {
  return { element: nothing, show() {}, redraw() {} };
}

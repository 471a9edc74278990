// The cameras: the wall of all of them, or the page of one.

import { addDialog } from "./add.js";
import { cameraView } from "./camera.js";
import { wallView } from "./wall.js";

export default function camerasPage({ site, shell }) {
  const element = document.createElement("section");
  element.className = "cameras";
  const rights = { draw: site.me.rights.includes("setup"), sources: site.me.rights.includes("sources") };
  let view = null;

  /** `#/cameras`, or `#/cameras/<id>/<mode>`. */
  function open(parts, query) {
    const id = parts[0] ?? null;
    if (view?.id !== id) {
      view?.leave();
      view = id === null ? wallView({ shell, rights, add: addDialog }) : cameraView(id, { site, shell, rights });
      element.replaceChildren(view.element);
    }
    return view.open(parts.slice(1), query);
  }

  return {
    element,
    open,
    heard: (event) => view?.heard(event),
    keys: () => view?.keys?.() ?? {},
    redraw: () => view?.redraw(),
    leave: () => view?.leave(),
  };
}

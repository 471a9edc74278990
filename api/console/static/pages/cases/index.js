// The cases: the list, and one case with all that is known of it. Back from a case leads to the list as it was.

import { casePage } from "./case.js";
import { list } from "./list.js";

export default function casesPage({ site }) {
  const element = document.createElement("div");
  element.className = "cases-page";
  const all = list();
  const one = casePage({ site, back: () => { location.hash = all.address; } });
  let shown = null;

  function show(next) {
    if (shown === next) return;
    shown = next;
    element.replaceChildren(next.element);
  }

  return {
    element,
    open([id], query) {
      show(id ? one : all);
      return id ? one.open(id) : all.open(query);
    },
    heard: (event) => shown?.heard(event),
    keys: () => shown?.keys() ?? {},
    redraw: () => shown?.redraw(),
    leave() {
      all.leave();
      one.leave();
    },
  };
}

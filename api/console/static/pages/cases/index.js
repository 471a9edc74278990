// The cases.

import { get } from "../../core/api.js";
import { casesView } from "./cases.js";

export default function casesPage({ site }) {
  const element = document.createElement("div");
  let view = null;
  return {
    element,
    async open([id]) {
      if (!view) {
        view = casesView(site, (await get("/v1/cameras")).items);
        element.replaceChildren(view.element);
        await view.refresh();
      }
      if (id) view.show(id);
    },
    heard: () => view?.refresh(),
  };
}

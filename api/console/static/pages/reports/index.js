// The reports.

import { html, render } from "../../core/elements.js";
import { t } from "../../core/words.js";

export default function reportsPage() {
  const element = document.createElement("section");
  const redraw = () => render(html`<h1>${t("reports")}</h1>`, element);
  return { element, open: redraw, redraw };
}

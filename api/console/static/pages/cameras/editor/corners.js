// Corners as numbers: for who cannot or would rather not pull them, in per cent of the picture.

import { html, nothing } from "../../../core/elements.js";
import { t } from "../../../core/words.js";
import { fault, halfway, rounded } from "./outline.js";

/** The list of an outline's corners; `change` gets the new ones, `refused` why they are no outline. */
export function cornersField(points, change, refused, { fixed = false } = {}) {
  const take = (next) => {
    const wrong = fault(next);
    if (wrong) refused(wrong);
    else change(next);
  };
  const at = (i, axis) => html`<input type="number" min="0" max="100" step="0.1" aria-label=${t(axis ? "corner_y" : "corner_x", { n: i + 1 })} ?disabled=${fixed}
    .value=${String(Math.round(points[i][axis] * 1e4) / 100)}
    @change=${(event) => take(points.map((point, k) => (k === i ? rounded(axis ? [point[0], event.target.value / 100] : [event.target.value / 100, point[1]]) : point)))}>`;
  return html`<details class="corners"><summary>${t("corners", { n: points.length })}</summary><ol>
    ${points.map((_, i) => html`<li><span class="number">${i + 1}</span>${at(i, 0)}${at(i, 1)}
      <button type="button" class="quiet" ?disabled=${fixed} aria-label=${t("add_corner_after", { n: i + 1 })} @click=${() => take([...points.slice(0, i + 1), halfway(points[i], points[(i + 1) % points.length]), ...points.slice(i + 1)])}>+</button>
      ${points.length > 3 ? html`<button type="button" class="quiet" ?disabled=${fixed} aria-label=${t("remove_corner", { n: i + 1 })} @click=${() => take(points.filter((_p, k) => k !== i))}>×</button>` : nothing}</li>`)}</ol>
    <p class="hint">${t("corners_help")}</p></details>`;
}

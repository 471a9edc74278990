// The handled rates, by the site's own formulas: of everything, and by division, kind, camera.

import { html } from "../../core/elements.js";
import { t } from "../../core/words.js";
import { chart } from "./charts.js";
import { rateBars, rateName, rowName, share, table } from "./parts.js";
import { colour } from "../../core/colour.js";

const BY = ["division", "kind", "camera", "company", "grid"];

/** The template of the rates. */
export function rates({ rows }) {
  const all = rows.find((row) => row.by === "all");
  if (!all?.rates.length) return html`<p class="dim">${t("report_nothing")}</p>`;
  const columns = (head) => [{ head, cell: rowName }, ...all.rates.map((rate, at) => ({ head: rateName(rate), number: true, cell: (row) => html`${share(row.rates[at].value)}<small>${row.rates[at].numerator} / ${row.rates[at].denominator}</small>` }))];
  return html`<section class="report-part">${rateBars(all.rates)}
      ${chart(t("report_rates"), () => against(all.rates))}</section>
    ${BY.map((by) => [by, rows.filter((row) => row.by === by)]).filter(([, of]) => of.length).map(([by, of]) => table(t(`by_${by}`), columns(t(`row_${by}`)), of))}
    <p class="dim foot-note">${t("counted")}</p>`;
}

/** Rates beside their targets. */
const against = (all) => ({
  type: "bar",
  data: {
    labels: all.map(rateName),
    datasets: [
      { label: t("reached"), data: all.map((rate) => (rate.value === null ? null : rate.value * 100)), backgroundColor: colour("accent"), maxBarThickness: 30, borderRadius: 2 },
      { label: t("target"), data: all.map((rate) => (rate.target === null ? null : rate.target * 100)), backgroundColor: colour("line"), borderColor: colour("dim"), borderWidth: 1, maxBarThickness: 30, borderRadius: 2 },
    ],
  },
  options: { scales: { y: { min: 0, max: 100 } } },
});

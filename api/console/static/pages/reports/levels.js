// Sums up the tree of divisions: a line for each unit of a level, and one for all; a unit leads to what lies in it.

import { divisionName, divisionPath } from "../../core/divisions.js";
import { html } from "../../core/elements.js";
import { t } from "../../core/words.js";
import { bars, chart } from "./charts.js";
import { countName, rateBars, rateName, share, shownCounts, table } from "./parts.js";

/** The levels, the widest first, as the server names them. */
export const LEVELS = ["province", "city", "district", "street", "community"];
const SERIES = [["opened", "dim"], ["confirmed", "accent"], ["handled", "good"]];

/** The template of the sums; `address({division, level})` is that of a unit's own. */
export function levels({ rows, total, level }, address) {
  if (!rows.length) return html`<p class="dim">${t("report_nothing")}</p>`;
  const all = [...rows, total];
  const below = (row) => LEVELS[LEVELS.indexOf(row.level) + 1];
  const name = (row) => divisionPath(row.code) || t("row_none");
  const wider = (row) => row.level && LEVELS.indexOf(row.level) < LEVELS.indexOf(level);
  const unit = (row) => (row === total ? t("row_all") : html`${row.level && below(row) && !wider(row) ? html`<a href=${address({ division: row.code, level: below(row) })}>${name(row)}</a>` : name(row)}<small>${row.code}${wider(row) ? ` · ${t("wider")}` : ""}</small>`);
  const head = { head: t(`level_${level}`), cell: unit };
  const counted = shownCounts(all).map((one) => ({ head: countName(one), number: true, cell: (row) => row.counts[one] }));
  const shares = total.rates.map((rate, at) => ({ head: rateName(rate), number: true, cell: (row) => html`${share(row.rates[at].value)}<small>${row.rates[at].numerator} / ${row.rates[at].denominator}</small>` }));
  const series = () => SERIES.map(([one, tone]) => ({ label: countName(one), tone, data: rows.map((row) => row.counts[one]) }));
  return html`<div class="side-by-side"><section class="report-part"><h2>${t("report_rates")}</h2>${rateBars(total.rates)}</section>
      <section class="report-part"><h2>${t("by_division")}</h2>${chart(t("by_division"), () => bars(rows.map((row) => divisionName(row.code) || t("row_none")), series()))}</section></div>
    ${table(t("by_division"), [head, ...counted], all)}
    ${table(t("report_rates"), [head, ...shares], all)}
    <p class="dim foot-note">${t("counted")}</p>`;
}

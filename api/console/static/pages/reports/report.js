// A day, a week or a month: what happened, how much of it was handled, where it comes back.

import { html, nothing } from "../../core/elements.js";
import { when } from "../../core/format.js";
import { kindName, t } from "../../core/words.js";
import { bars, chart } from "./charts.js";
import { countName, rateBars, rowName, shownCounts, spread, table } from "./parts.js";

const FIGURES = ["opened", "confirmed", "rejected", "emitted", "handled", "closed"];
const SERIES = [["opened", "dim"], ["confirmed", "accent"], ["handled", "good"]];

/** The template of such a report. */
export function report({ rows, days, places }) {
  const all = rows.find((row) => row.by === "all");
  if (!all) return html`<p class="dim">${t("report_nothing")}</p>`;
  const kinds = rows.filter((row) => row.by === "kind");
  const cameras = rows.filter((row) => row.by === "camera");
  const companies = rows.filter((row) => row.by === "company");
  const grids = rows.filter((row) => row.by === "grid");
  const divisions = rows.filter((row) => row.by === "division");
  const counts = shownCounts(rows);
  const columns = (head) => [{ head, cell: rowName }, ...counts.map((name) => ({ head: countName(name), number: true, cell: (row) => row.counts[name] })),
    { head: t("to_review_median"), number: true, cell: (row) => spread(row.to_review) }, { head: t("to_handle_median"), number: true, cell: (row) => spread(row.to_handle) }];
  const series = (of) => SERIES.map(([name, tone]) => ({ label: countName(name), tone, data: of.map((one) => one.counts[name]) }));
  return html`<dl class="figures">${FIGURES.map((name) => html`<div><dt>${countName(name)}</dt><dd>${all.counts[name]}</dd></div>`)}
      <div><dt>${t("to_review_median")}</dt><dd>${spread(all.to_review)}</dd></div></dl>
    <div class="side-by-side"><section class="report-part"><h2>${t("report_rates")}</h2>${rateBars(all.rates)}</section>
      <section class="report-part"><h2>${t("by_kind")}</h2>${chart(t("by_kind"), () => bars(kinds.map(rowName), series(kinds)))}</section></div>
    ${days.length > 1 ? html`<section class="report-part"><h2>${t("by_day")}</h2>${chart(t("by_day"), () => bars(days.map(({ day }) => day.slice(5)), series(days)))}</section>` : nothing}
    ${table(t("by_kind"), columns(t("kind")), [all, ...kinds])}
    ${table(t("by_camera"), columns(t("camera")), cameras)}
    ${divisions.length > 1 ? table(t("by_division"), columns(t("row_division")), divisions) : nothing}
    ${companies.length ? table(t("by_company"), columns(t("row_company")), companies) : nothing}
    ${days.length > 1 ? table(t("by_day"), [{ head: t("day"), cell: ({ day }) => day }, ...counts.map((name) => ({ head: countName(name), number: true, cell: (row) => row.counts[name] }))], days) : nothing}
    ${days.length > 1 && grids.length > 1 ? table(t("by_grid"), columns(t("grid")), grids) : nothing}
    ${table(t("places"), [
      { head: t("place"), cell: (one) => html`${one.address || one.zone}<small>${[one.camera, one.asset].filter(Boolean).join(" · ")}</small>` }, { head: t("kind"), cell: (one) => kindName(one.kind) },
      { head: t("places_cases"), number: true, cell: (one) => one.cases }, { head: t("places_prior"), number: true, cell: (one) => one.prior }, { head: t("places_latest"), number: true, cell: (one) => when(one.latest) },
    ], places, t("places_help"))}
    <p class="dim foot-note">${t("counted")}</p>`;
}

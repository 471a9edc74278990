// Precision by what people said of the cases: per camera and kind, by day and night, with what follows for thresholds.

import { html, nothing } from "../../core/elements.js";
import { kindName, t } from "../../core/words.js";
import { colour } from "../../core/colour.js";
import { chart } from "./charts.js";
import { share, table } from "./parts.js";

const ROW = 34;

/** The template of the precision. */
export function precision({ rows, advice }) {
  const whole = rows.filter((row) => row.light === "all" && row.precision !== null);
  const of = (row) => `${row.camera ?? t("all_of_them")} · ${kindName(row.kind)}`;
  const worth = ["raise", "keep", "no_false_alarms", "too_few_verdicts"];
  const sorted = advice.toSorted((a, b) => worth.indexOf(a.says) - worth.indexOf(b.says));
  return html`${whole.length ? html`<section class="report-part"><h2>${t("report_precision")}</h2><p class="dim">${t("precision_help")}</p>${chart(t("report_precision"), () => intervals(whole, of), { tall: 60 + whole.length * ROW })}</section>` : nothing}
    ${table(t("verdicts"), [
      { head: t("camera"), cell: (row) => row.camera ?? t("all_of_them") }, { head: t("kind"), cell: (row) => kindName(row.kind) }, { head: t("light"), cell: (row) => t(`light_${row.light}`) },
      { head: t("verdict_confirmed"), number: true, cell: (row) => row.confirmed }, { head: t("false_alarms"), number: true, cell: (row) => row.false_alarms }, { head: t("rejected_otherwise"), number: true, cell: (row) => row.others },
      { head: t("report_precision"), number: true, cell: (row) => html`<b>${share(row.precision)}</b>` }, { head: t("interval"), number: true, cell: (row) => (row.precision === null ? "–" : `${share(row.low)} – ${share(row.high)}`) },
    ], rows)}
    ${table(t("advice"), [
      { head: t("camera"), cell: (row) => row.camera }, { head: t("kind"), cell: (row) => kindName(row.kind) }, { head: t("advice"), cell: said },
      { head: t("verdict_confirmed"), number: true, cell: (row) => row.confirmed }, { head: t("false_alarms"), number: true, cell: (row) => row.false_alarms },
    ], sorted, t("advice_help"))}`;
}

const said = (row) => html`<b>${t(`advice_${row.says}`)}</b>${row.threshold === null ? nothing : html`<small>${t("advice_numbers", { threshold: row.threshold, spared: row.spared, false_alarms: row.false_alarms, lost: row.lost, confirmed: row.confirmed })}</small>`}`;

/** The interval as a bar, the precision itself as a point on it. */
const intervals = (rows, of) => ({
  type: "bar",
  data: {
    labels: rows.map(of),
    datasets: [
      { type: "scatter", label: t("report_precision"), data: rows.map((row, y) => ({ x: row.precision * 100, y })), backgroundColor: colour("accent"), pointRadius: 5 },
      { label: t("interval"), data: rows.map((row) => [row.low * 100, row.high * 100]), backgroundColor: colour("accent-soft"), borderColor: colour("accent"), borderWidth: 1, barThickness: 12, borderSkipped: false },
    ],
  },
  options: { indexAxis: "y", scales: { x: { min: 0, max: 100 } } },
});

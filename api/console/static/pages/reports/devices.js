// Devices: what each camera captured, and the days that were far above its own history.

import { html } from "../../core/elements.js";
import { t } from "../../core/words.js";
import { bars, chart } from "./charts.js";
import { table } from "./parts.js";

const CHARTED = 40;
const rounded = (value) => Math.round(value * 10) / 10;

/** The template of the devices. */
export function devices({ rows, outliers }) {
  const most = rows.toSorted((a, b) => b.captures - a.captures).slice(0, CHARTED);
  return html`${table(t("outliers"), [
    { head: t("camera"), cell: (one) => html`<a href="#/cameras/${encodeURIComponent(one.camera)}">${one.camera}</a>` }, { head: t("day"), number: true, cell: (one) => one.day },
    { head: t("captures"), number: true, cell: (one) => one.captures }, { head: t("usual"), number: true, cell: (one) => rounded(one.usual) }, { head: t("limit"), number: true, cell: (one) => rounded(one.limit) },
  ], outliers, t("outliers_help"))}
    ${rows.length ? html`<section class="report-part"><h2>${t("captures")}</h2>${chart(t("captures"), () => bars(most.map((row) => row.camera), [{ label: t("captures"), tone: "accent", data: most.map((row) => row.captures) }, { label: t("most_in_a_day"), tone: "warn", data: most.map((row) => row.most) }]))}</section>` : ""}
    ${table(t("captures"), [
      { head: t("camera"), cell: (row) => row.camera }, { head: t("captures"), number: true, cell: (row) => row.captures }, { head: t("median_day"), number: true, cell: (row) => rounded(row.median) },
      { head: t("most_in_a_day"), number: true, cell: (row) => row.most }, { head: t("judged_days"), number: true, cell: (row) => row.judged_days }, { head: t("outlier_days"), number: true, cell: (row) => row.outliers },
    ], rows)}`;
}

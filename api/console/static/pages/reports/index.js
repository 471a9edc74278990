// The reports: a day on one page, a week, a month; handled rates, devices, precision; to be read, printed, taken.

import { get, withQuery } from "../../core/api.js";
import { download } from "../../core/download.js";
import { divisionOptions, divisionPath } from "../../core/divisions.js";
import { html, nothing, render, toast } from "../../core/elements.js";
import { when } from "../../core/format.js";
import { problem } from "../../core/sentence.js";
import { spoken, t } from "../../core/words.js";
import { clearCharts, drawCharts } from "./charts.js";
import { devices } from "./devices.js";
import { LEVELS, levels } from "./levels.js";
import { after, before, named } from "./period.js";
import { precision } from "./precision.js";
import { rates } from "./rates.js";
import { report } from "./report.js";

/** Report by report: its template, and whether it may span a year. */
const REPORTS = {
  daily: { shown: report, span: "day" },
  weekly: { shown: report, span: "week" },
  monthly: { shown: report, span: "month" },
  levels: { shown: levels, years: true, leveled: true },
  rates: { shown: rates, years: true },
  devices: { shown: devices, years: true },
  precision: { shown: precision, years: true },
};

export default function reportsPage() {
  const element = document.createElement("div");
  element.className = "reports";
  let name = "daily";
  let date = "";
  let year = false;
  let division = ""; // it and all below it is what is counted; all that somebody sees where it is empty
  let level = "";
  let answer = null;
  let failed = null;
  let asked = 0;
  let printing = "";

  async function open([wanted], query) {
    name = wanted in REPORTS ? wanted : "daily";
    date = query.get("date") ?? "";
    year = Boolean(REPORTS[name].years) && query.get("span") === "year";
    division = query.get("division") ?? "";
    level = LEVELS.includes(query.get("level")) ? query.get("level") : "street";
    answer = failed = null;
    draw();
    await load();
  }

  const query = (extra = {}) => {
    const { span, years, leveled } = REPORTS[name];
    return { division, level: leveled ? level : "", [span ? "date" : "period"]: date && (years ? date.slice(0, year ? 4 : 7) : date), ...(years && year && !date ? { period: String(new Date().getFullYear()) } : {}), ...extra };
  };

  async function load() {
    const mine = (asked += 1);
    try {
      const got = await get(`/v1/reports/${name}`, query());
      if (mine !== asked) return;
      answer = got;
      failed = null;
    } catch (error) {
      if (mine !== asked || error.status === 401) return;
      failed = error;
    }
    draw();
  }

  const address = (next) => {
    const of = { name, date, span: year ? "year" : "", division, level, ...next };
    const { years, leveled } = REPORTS[of.name];
    const kept = Object.entries({ date: of.date, span: years ? of.span : "", division: of.division, level: leveled ? of.level : "" }).filter(([, value]) => value);
    return `#/reports/${of.name}${kept.length ? `?${new URLSearchParams(kept)}` : ""}`;
  };
  const go = (next) => { location.hash = address(next); };

  async function file(format) {
    try {
      await download(withQuery(`/v1/reports/${name}`, query({ format, language: spoken() })), `${name}.${format}`);
    } catch (error) {
      if (error.status !== 401) toast(error.status === undefined ? t("offline") : problem(error), "bad");
    }
  }

  /** A select in the bar, whose choice is another address. */
  const choice = (what, label, chosen, options) => html`<select name=${what} aria-label=${label} .value=${chosen} @change=${(event) => go({ [what]: event.target.value })}>
    ${options.map(([value, said]) => html`<option value=${value} ?selected=${value === chosen}>${said}</option>`)}</select>`;

  function units() {
    const tree = divisionOptions(division);
    return html`<div class="units">${tree.length ? choice("division", t("division"), division, [["", t("all_divisions")], ...tree]) : nothing}
      ${REPORTS[name].leveled ? choice("level", t("level"), level, LEVELS.map((one) => [one, t("by_level", { level: t(`level_${one}`).toLowerCase() })])) : nothing}</div>`;
  }

  function bar() {
    const of = answer?.period;
    return html`<div class="report-bar"><nav class="tabs" aria-label=${t("reports")}>${Object.keys(REPORTS).map((one) => html`<a href=${address({ name: one })} aria-current=${one === name ? "page" : "false"}>${t(`report_${one}`)}</a>`)}</nav>
      <div class="when"><button type="button" class="quiet" aria-label=${t("period_before")} ?disabled=${!of} @click=${() => go({ date: before(of) })}>‹</button>
        <input type="date" aria-label=${t("period_of")} .value=${date || (of ? named(of) : "")} @change=${(event) => event.target.value && go({ date: event.target.value })}>
        <button type="button" class="quiet" aria-label=${t("period_after")} ?disabled=${!of || !answer.complete} @click=${() => go({ date: after(of) })}>›</button>
        ${REPORTS[name].years ? html`<div class="switch" role="group" aria-label=${t("period_of")}>${[false, true].map((one) => html`<button type="button" aria-pressed=${one === year ? "true" : "false"} @click=${() => go({ span: one ? "year" : "" })}>${t(one ? "by_year" : "by_month")}</button>`)}</div>` : nothing}</div>
      ${units()}
      <div class="takes"><button type="button" class="choice" ?disabled=${!answer} @click=${() => file("csv")}>CSV</button><button type="button" class="choice" ?disabled=${!answer} @click=${() => file("xlsx")}>XLSX</button>
        <button type="button" class="primary" ?disabled=${!answer} @click=${() => print()}>${t("print")}</button></div></div>`;
  }

  function sheet() {
    if (failed) return html`<div class="report-none"><p>${failed.status === undefined ? t("offline") : problem(failed)}</p><button type="button" class="choice" @click=${load}>${t("retry")}</button></div>`;
    if (!answer) return html`<p class="report-none" role="status">${t("loading_cases")}</p>`;
    const { period: of } = answer;
    const days = of.first === of.last ? of.first : `${of.first} – ${of.last}`;
    return html`<article class="report-sheet" tabindex="0" aria-label=${t(`report_${name}`)}><header><h1>${answer.site} ${t(`report_${name}`)}</h1><p class="dim">${answer.within ? html`<b>${divisionPath(answer.within.code)}</b> · ` : nothing}${days} · ${t("made_at")} ${when(answer.made_at)}${answer.complete ? "" : html` · <b>${t("so_far")}</b>`}</p></header>
      ${REPORTS[name].shown(answer, address)}</article>`;
  }

  function draw() {
    render(html`${bar()}${sheet()}`, element);
    if (answer) drawCharts(element);
  }

  /** On paper everything is light, whatever the screen is. */
  function paper() {
    printing = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = "light";
    drawCharts(element);
  }
  function screen() {
    document.documentElement.dataset.theme = printing;
    drawCharts(element);
  }
  addEventListener("beforeprint", paper);
  addEventListener("afterprint", screen);

  return {
    element, open,
    redraw: draw,
    keys: () => ({
      ArrowLeft: { label: t("period_before"), does: () => answer && go({ date: before(answer.period) }) },
      ArrowRight: { label: t("period_after"), does: () => answer?.complete && go({ date: after(answer.period) }) },
      p: { label: t("print"), does: () => answer && print() },
    }),
    leave() {
      asked += 1;
      clearCharts();
      removeEventListener("beforeprint", paper);
      removeEventListener("afterprint", screen);
    },
  };
}

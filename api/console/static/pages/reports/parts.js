// What reports share: tables, shares, lengths of time, names of rows.

import { divisionPath } from "../../core/divisions.js";
import { html } from "../../core/elements.js";
import { lasting } from "../../core/format.js";
import { eventName } from "../../core/sentence.js";
import { kindName, spoken, t } from "../../core/words.js";

/** What is always counted; the rest is shown where it happened. */
const ALWAYS = ["opened", "confirmed", "rejected", "handled", "closed"];

/** A share of 0 to 1 in per cent, to one decimal; none where there was nothing. */
export const share = (value) => (value === null ? t("no_share") : `${(value * 100).toFixed(1).replace(/\.0$/, "")}%`);

export const rateName = (rate) => { const name = rate[spoken()] ?? rate.name; return name.charAt(0).toUpperCase() + name.slice(1); };
export const rowName = ({ by, key }) => (by === "all" ? t("row_all") : by === "kind" ? kindName(key) : (by === "division" ? divisionPath(key) : key) || t("row_none"));
export const spread = (value) => (value ? `${lasting(value.median_s)}` : "–");
export const countName = (name) => eventName(name);

/** The counts that are worth a column: what is always shown, and what happened at all. */
export const shownCounts = (rows) => Object.keys(rows[0]?.counts ?? {}).filter((name) => ALWAYS.includes(name) || rows.some((row) => row.counts[name]));

/** A table with a heading; columns are `{head, cell, number}`. */
export const table = (title, columns, rows, note = "") => html`<section class="report-part"><h2>${title}</h2>${note ? html`<p class="dim">${note}</p>` : ""}
  ${rows.length ? html`<div class="wide"><table class="plain report-table"><caption class="unseen">${title}</caption><thead><tr>${columns.map(({ head, number }) => html`<th scope="col" class=${number ? "number" : ""}>${head}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${columns.map(({ cell, number }, at) => (at ? html`<td class=${number ? "number" : ""}>${cell(row)}</td>` : html`<th scope="row">${cell(row)}</th>`))}</tr>`)}</tbody></table></div>` : html`<p class="dim">${t("report_nothing")}</p>`}</section>`;

/** Each rate against its target. */
export const rateBars = (rates) => html`<ul class="rates">${rates.map((rate) => html`<li><span>${rateName(rate)}</span><meter min="0" max="1" low=${rate.target ?? 0} high=${rate.target ?? 0} optimum="1" value=${rate.value ?? 0} aria-label=${rateName(rate)}></meter>
  <b class="number">${share(rate.value)}</b><small>${rate.numerator} / ${rate.denominator}${rate.target === null ? "" : ` · ${t("target")} ${share(rate.target)}`}${rate.met === null ? "" : html` · <span class=${rate.met ? "met" : "missed"}>${t(rate.met ? "met" : "not_met")}</span>`}</small></li>`)}</ul>`;

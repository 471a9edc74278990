// What an audit found: its numbers, its report, its files to take away.

import { at, bySession } from "../../core/api.js";
import { download } from "../../core/download.js";
import { html, nothing, toast } from "../../core/elements.js";
import { problem } from "../../core/sentence.js";
import { t } from "../../core/words.js";
import { kindsFound } from "./state.js";

const FORMS = [["CSV", "findings.csv"], ["JSON", "report.json"], ["GeoJSON", "map.geojson"], ["KML", "map.kml"], ["COCO", "annotations.coco.json"]];
const FIGURES = ["pictures", "videos", "violations", "duplicates", "not_audited"];

async function take(id, name) {
  try {
    await download(`/v1/audits/${id}/${name}`, `${id}-${name}`);
  } catch (error) {
    if (error.status !== 401) toast(error.status === undefined ? t("offline") : problem(error), "bad");
  }
}

/** A page of the audit in a tab of its own; the session's cookie opens it, a key cannot. */
const page = (id, name, word, tone) => html`<a class=${tone} href=${at(`/v1/audits/${id}/${name}`)} target="_blank" rel="noopener">${t(word)}</a>`;

/** The template of it. */
export const results = ({ id, counts }) => html`<section class="au-card"><h2>${t("au_results")}</h2>
  <dl class="au-figures">${FIGURES.filter((name) => counts[name] || name === "violations" || name === "pictures").map((name) => html`<div><dt>${t(`au_n_${name}`)}</dt><dd>${counts[name]}</dd></div>`)}</dl>
  ${kindsFound(counts)}
  <div class="au-acts">${bySession() ? html`${page(id, "report", "au_open_report", "primary au-link")}${page(id, "sampling.html", "au_open_sheet", "au-button au-link")}` : nothing}
    <button type="button" class=${bySession() ? "au-button" : "primary"} @click=${() => take(id, "everything.zip")}>${t("au_zip")}</button></div>
  ${bySession() ? nothing : html`<p class="hint">${t("au_by_key")}</p>`}
  <div class="au-acts" role="group" aria-label=${t("au_forms")}><small>${t("au_forms")}</small>${FORMS.map(([label, name]) => html`<button type="button" class="au-button" @click=${() => take(id, name)}>${label}</button>`)}</div></section>`;

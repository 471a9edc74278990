// The whole log of a case, the newest entry first, with what was said at each.

import { divisionPath } from "../../core/divisions.js";
import { html, nothing } from "../../core/elements.js";
import { when } from "../../core/format.js";
import { sentence, word } from "../../core/sentence.js";
import { t } from "../../core/words.js";

/** What is told of an entry's data, in this order: words by list, times, or as it stands. */
const SHOWN = {
  text: null, read: null, company: null, to: null, division: divisionPath, task_no: null, file_no: null, said: null, where: null, way: (value) => t(`way_${value}`), gateway: null, answer: null, until: when, asked: null, by: null, at: when,
  result: (value) => word("permit_checks", value), permit_no: null, approved: (value) => t(value ? "approved_yes" : "approved_no"), opinion: null, document_no: null,
  still_there: (value) => t(value ? "still_there_yes" : "still_there_no"), outcome: (value) => word("outcomes", value), receiver: null, event: null, camera: null,
};

/** The log as a template. */
export const trail = (item) => html`<section class="trail-part" aria-label=${t("log")}><h2>${t("log")} <span class="dim">${item.log.length}</span></h2>
  ${entries(item.log)}</section>`;

/** Entries of a log, this site's or another's. */
export const entries = (log) => html`<ol class="trail">${log.toReversed().map(entry)}</ol>`;

function entry(one) {
  const action = sentence("log", one.action) ?? t(one.action === "ended" ? "case_ended" : one.action);
  const facts = Object.entries(SHOWN).filter(([name]) => told(one.data[name])).map(([name, say]) => [t(`f_${name}`), say ? say(one.data[name]) : one.data[name]]);
  return html`<li><time datetime=${one.at}>${when(one.at, true)}</time><div><b>${action.charAt(0).toUpperCase() + action.slice(1)}</b> <span class="dim">${one.actor}</span>
    ${why(one)}
    ${facts.length ? html`<dl class="said">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>` : nothing}
    ${one.data.gaps?.length ? html`<p class="dim">${t("gaps")}${t("colon")}${one.data.gaps.map((gap) => `${t(`gap_${gap.cause}`)} ${when(gap.since, true)} – ${when(gap.until, true)}`).join(t("list_comma"))}</p>` : nothing}
    ${one.data.clip?.missing?.length ? html`<p class="dim">${t("clip_lacks")}${t("colon")}${one.data.clip.missing.join(t("list_comma"))}</p>` : nothing}
    ${one.data.note ? html`<p class="quote">${one.data.note}</p>` : nothing}</div></li>`;
}

const told = (value) => value !== undefined && value !== null && value !== "" && typeof value !== "object";

/** A person's reason is their own words, that of a rejection a code; the rules' reasons stand beside the case. */
function why({ action, reason, data }) {
  if (!reason || action === "opened" || action === "sighted" || data.episode) return nothing;
  if (action === "opinion") return html`<p><b>${t(`opinion_${data.second_opinion.answer}`)}</b> <bdi>${reason}</bdi></p>`;
  if (Array.isArray(data.said)) return html`<p>${data.said.map(({ code, params }) => sentence("log_reasons", code, params) ?? sentence("problems", code, params) ?? reason).join(" ")}</p>`;
  const listed = sentence("rejections", reason);
  return listed || !/^[a-z_]+$/.test(reason) ? html`<p>${listed ?? reason}</p>` : nothing;
}

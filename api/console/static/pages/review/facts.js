// What is known of the open case: why the rule fired, how sure the detector was, permits, law, earlier cases, log.

import { divisionPath } from "../../core/divisions.js";
import { html, nothing } from "../../core/elements.js";
import { ago, lasting, percent, when } from "../../core/format.js";
import { reason } from "../../core/sentence.js";
import { passes, spoken, t } from "../../core/words.js";

const SURE = [[0.85, "sure_very"], [0.65, "sure_fairly"], [0.45, "sure_some"], [0, "sure_little"]];
const RECENT = 4;

/** How sure the detector was, in plain words with the number. */
const sureness = (score) => `${t(SURE.find(([from]) => score >= from)[1])} · ${percent(score)}`;

const section = (title, content) => html`<section><h3>${title}</h3>${content}</section>`;
const caseLink = (id) => html`<a class="id" href="#/cases/${id}">${id}</a>`;

/** When the case has to be decided, and whether that is near or over; nothing where nothing says so. */
export function due(item) {
  const at = item.deadline?.at;
  if (!at) return nothing;
  const left = Date.parse(at) - Date.now();
  const tone = left < 0 ? "bad" : left < 4 * 3600e3 ? "warn" : "";
  return html`<span class="due ${tone}" title=${when(at)}>${t(left < 0 ? "overdue" : "due")} ${ago(at)}</span>`;
}

/** The side of a case. `map` is an element, or nothing; `plate` its line, or nothing; `trail` whether its log stands below. */
export function facts(item, map, { trail = true, plate = null } = {}) {
  const { when: times, where, detector } = item;
  const rows = [
    ["plate", plate],
    ["score", sureness(detector.score)],
    ["dwell", passes(item.kind) ? null : lasting(times.dwell_s)],
    ["looks", String(detector.looks)], ["sightings", item.sightings > 1 ? String(item.sightings) : null],
    ["zone", item.zone], ["camera", item.cameras.join(", ")], ["device_id", item.device_id], ["asset", item.asset],
    ["first_seen", `${when(times.first_seen, true)} (${t(times.clock)})`], ["last_seen", when(times.last_seen, true)],
    ["cleared", times.cleared && when(times.cleared, true)],
    ["case_ended", times.ended && !times.cleared ? `${when(times.ended, true)} · ${t(`by_${times.ended_by}`)}` : null],
    ["permit", permit(item)],
    ["codes", item.codes.length ? item.codes.map((code) => html`<span class="code" title=${code.scheme}><b>${code.code}</b> ${code.name}</span> `) : null],
    ["department", where.department?.name], ["division", where.division && divisionPath(where.division)], ["grid", where.grid],
    ["model", `${detector.model} ${detector.version}`],
  ].filter(([, value]) => value);
  return html`${muted(item)}
    ${item.why.length ? section(t("why"), html`<ul class="why">${item.why.map((why) => html`<li>${reason(why)}</li>`)}</ul>`) : nothing}
    ${item.opinion ? section(t("opinion"), opinion(item.opinion)) : nothing}
    <dl class="facts">${rows.map(([name, value]) => html`<dt>${t(name)}</dt><dd>${value}</dd>`)}</dl>
    ${place(where, map)}
    ${item.prior_cases?.length ? section(t("prior_cases"), html`<ul class="prior">${item.prior_cases.slice(0, 5).map((id) => html`<li>${caseLink(id)}</li>`)}
      ${item.prior_cases.length > 5 ? html`<li class="dim">+${item.prior_cases.length - 5}</li>` : nothing}</ul>`) : nothing}
    <p class="legal ${item.legal_use}"><b>${t(item.legal_use)}</b> ${item.legal_why?.map((why) => why[spoken()]).join(" ") ?? t("legal_why")}</p>
    ${trail ? log(item) : nothing}`;
}

/** What a model said. Its words may be anybody's who wrote into the picture: text, in a direction of its own. */
function opinion({ answer, why, model, at }) {
  return html`<div class="opinion ${answer}"><p><b>${t(`opinion_${answer}`)}</b> <bdi>${why}</bdi></p>
    <p class="dim"><bdi>${t("opinion_of", { model })}</bdi> · <time datetime=${at}>${when(at, true)}</time></p><p class="dim">${t("opinion_note")}</p></div>`;
}

function muted(item) {
  if (item.stage === "silenced") return html`<p class="legal"><b>${t("silenced_until")} ${when(item.silenced_until)}</b> ${t("silenced_why")}</p>`;
  if (item.stage !== "inhibited") return nothing;
  return html`<p class="legal"><b>${t("inhibited_by")}</b> ${caseLink(item.inhibited_by)} ${t("inhibited_why")}</p>`;
}

function permit({ permit_check: check }) {
  if (check.by) return `${t(`permit_${check.result}`)} · ${check.asked} · ${check.by}`;
  return t(`permit_${check.result}`);
}

function place(where, map) {
  if (!where.address && where.lon === null) return nothing;
  const error = where.accuracy_m === null ? "" : ` ±${Math.max(1, Math.round(where.accuracy_m))} m`;
  return section(t("place"), html`<p>${where.address || `${where.lon.toFixed(5)}, ${where.lat.toFixed(5)}`}<span class="dim">${error}</span></p>${map}`);
}

function log(item) {
  const entries = item.log.toReversed();
  const line = (entry) => html`<li><b>${t(entry.action === "ended" ? "case_ended" : entry.action)}</b> <span class="dim">${entry.actor} ·
    <time datetime=${entry.at} title=${when(entry.at, true)}>${ago(entry.at)}</time></span>
    ${["rejected", "disagreed"].includes(entry.action) && entry.reason ? html`<p>${t(entry.reason)}</p>` : nothing}
    ${entry.data.gaps?.length ? html`<p class="dim">${t("gaps")}: ${entry.data.gaps.map((gap) => `${t(`gap_${gap.cause}`)} ${when(gap.since, true)} – ${when(gap.until, true)}`).join("; ")}</p>` : nothing}
    ${entry.data.clip?.missing?.length ? html`<p class="dim">${t("clip_lacks")}: ${entry.data.clip.missing.join("; ")}</p>` : nothing}
    ${entry.data.note ? html`<p class="quote">${entry.data.note}</p>` : nothing}</li>`;
  return section(t("log"), html`<ol class="trail">${entries.slice(0, RECENT).map(line)}</ol>
    ${entries.length > RECENT ? html`<details><summary>${t("log_all")} (${entries.length})</summary><ol class="trail">${entries.slice(RECENT).map(line)}</ol></details>` : nothing}`);
}

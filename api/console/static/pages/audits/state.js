// Where an audit stands, in words: its state, how far it is, what it found.

import { html, nothing } from "../../core/elements.js";
import { sentence } from "../../core/sentence.js";
import { kindName, spoken, t } from "../../core/words.js";

/** Its state as a small label. */
export const statePill = ({ state }) => html`<span class="pill au-${state}">${t(`au_state_${state}`)}</span>`;

/** How far a running one is, as a bar and in words; nothing before it says so. */
export function progressBar({ name, progress }) {
  const { pictures, video, laid } = progress ?? {};
  const done = laid ? laid.done / laid.of : video ? (video.number - 1 + Math.min(1, video.done_s / (video.seconds || Infinity))) / video.of : pictures && pictures.total ? pictures.done / pictures.total : null;
  if (done === null) return html`<small>${t("au_begins")}</small>`;
  const said = [
    pictures?.total ? t("au_pictures", pictures) : "", video ? t("au_video", video) : "",
    laid ? t("au_laid", laid) : "",
    pictures?.not_audited ? t("au_left_out", { count: pictures.not_audited }) : "",
  ].filter(Boolean).join(" · ");
  return html`<progress max="1" .value=${done} aria-label=${t("au_progress_of", { name })}></progress><small>${said}</small>`;
}

/** Violations by kind, those that there are; none says so. */
export function kindsFound(counts) {
  const found = Object.entries(counts?.violations_by_kind ?? {}).filter(([, count]) => count);
  if (!counts) return nothing;
  if (!found.length) return html`<span class="dim">${t("au_nothing_found")}</span>`;
  return html`<ul class="au-kinds">${found.map(([kind, count]) => html`<li>${kindName(kind)} <b class="number">${count}</b></li>`)}</ul>`;
}

/** Why it failed. */
export const whyFailed = ({ error }) => (error ? sentence("problems", error.code, error.params) ?? error.detail : "");

/** An amount of bytes as people say it. */
export function bytes(count) {
  const units = ["B", "KiB", "MiB", "GiB"];
  const at = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, count)) / 10));
  const number = (count / 2 ** (10 * at)).toLocaleString(spoken() === "zh" ? "zh-CN" : "en", { maximumFractionDigits: at ? 1 : 0 });
  return `${number} ${units[at]}`;
}

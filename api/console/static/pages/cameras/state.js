// How a camera is doing, in words: on its tile and on its page.

import { html, nothing } from "../../core/elements.js";
import { ago, amount } from "../../core/format.js";
import { spoken, t } from "../../core/words.js";

/** `state` for its colour, and what to call it: a live camera whose view is not clear is doubtful. */
export function standing(camera) {
  const doubtful = camera.state === "alive" && camera.view !== "clear";
  return { tone: doubtful ? "doubtful" : camera.state, word: doubtful ? t(camera.view) : t(camera.state), doubtful };
}

/** What a filter by state finds: `well`, `waiting` or `bad`. */
export const concern = (camera) => {
  const { tone } = standing(camera);
  if (["broken", "retrying", "doubtful", "stopped"].includes(tone)) return "bad";
  return tone === "alive" ? "well" : "waiting";
};

export const pill = (camera) => {
  const { tone, word } = standing(camera);
  return html`<span class="state ${tone}">${word}</span>`;
};

const perSecond = (rate) => (rate >= 10 ? Math.round(rate) : Math.round(rate * 10) / 10);

/** Counts since the start, and the pace: looks a second wanted, and had where that was measured. */
export function facts(camera, had = null) {
  const dropped = Object.values(camera.dropped).reduce((sum, count) => sum + count, 0);
  const wanted = camera.analyse_fps ?? null;
  return [
    camera.preset,
    had === null ? nothing : t(wanted === null ? "pace_had" : "pace", { had: perSecond(had), wanted: wanted === null ? "" : perSecond(wanted) }),
    camera.read ? t("n_analysed", { n: camera.analysed }) : nothing,
    camera.stood ? t("n_stood", { n: camera.stood }) : nothing,
    dropped ? t("n_dropped", { n: dropped }) : nothing,
    camera.reconnects ? t("n_reconnects", { n: camera.reconnects }) : nothing,
  ].filter((fact) => fact && fact !== nothing).join(spoken() === "zh" ? "，" : " · ");
}

export const age = (camera) => (camera.last_frame_at ? ago(camera.last_frame_at) : t("never"));
export const sized = (camera) => (camera.width ? `${camera.width}×${camera.height}` : "");
export const seconds = (value) => amount(value >= 10 ? Math.round(value) : Math.round(value * 10) / 10, spoken() === "zh" ? "秒" : "s");

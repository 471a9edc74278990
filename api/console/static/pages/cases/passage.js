// Where a case was received from, and where it has gone: other installations, by what they signed for.

import { divisionPath } from "../../core/divisions.js";
import { html, nothing } from "../../core/elements.js";
import { when } from "../../core/format.js";
import { word } from "../../core/sentence.js";
import { t } from "../../core/words.js";
import { entries } from "./trail.js";

const lines = (rows) => html`<dl class="facts">${rows.filter(([, value]) => value).map(([name, value]) => html`<dt>${t(name)}</dt><dd>${value}</dd>`)}</dl>`;
const digest = (sha256) => html`<code title=${sha256}>${sha256.slice(0, 16)}…</code>`;
const place = (code) => code && html`${divisionPath(code)}${divisionPath(code) === code ? nothing : html` <small>${code}</small>`}`;

/** Both as a template; nothing of a case that began and has stayed here. */
export const passage = (item) => html`${item.origin ? received(item) : nothing}${item.log.filter(({ action }) => action === "transferred").map((entry) => sent(item, entry))}`;

function received({ case_id: id, origin, log }) {
  const signed = log.find(({ action }) => action === "received");
  return html`<section class="passage" aria-label=${t("origin")}><h2>${t("origin")}</h2>
    ${lines([["origin_site", origin.name || origin.site], ["division", place(origin.division)], ["origin_number", html`<code>${id}</code>`],
      ["received_at", when(origin.received_at, true)], ["receipt", signed && t("receipt_by", { by: signed.actor, no: signed.data.head?.no ?? origin.log.length })],
      ["package_hash", origin.package && digest(origin.package)], ["signed_with", origin.keys.map((key) => html`${digest(key)} `)]])}
    <details><summary>${t("origin_log")} (${origin.log.length})</summary>${entries(origin.log)}</details></section>`;
}

function sent({ case_id: id }, { at, actor, reason, data }) {
  const { receipt } = data;
  return html`<section class="passage" aria-label=${t("sent_to")}><h2>${t("sent_to")}</h2>
    ${lines([["f_to", receipt?.name || data.to], ["division", place(receipt?.division)], ["origin_number", receipt && html`<code>${id}</code>`],
      ["sent_at", `${when(at, true)} · ${actor}`], ["f_reason", reason],
      ["receipt", receipt ? t("receipt_of", { at: when(receipt.at, true), stage: word("stages", receipt.stage), count: receipt.evidence, no: receipt.no }) : t("receipt_none")],
      ["package_hash", receipt && digest(receipt.package)], ["behind", data.behind ? t("behind_count", { count: data.behind }) : null]])}</section>`;
}

// Admissibility per camera: which acts its file has, until when, and what it lacks for penalty evidence.

import { get } from "../../core/api.js";
import { html, nothing } from "../../core/elements.js";
import { sentence } from "../../core/sentence.js";
import { spoken, t } from "../../core/words.js";
import { book, table } from "./book.js";

const ACTS = ["legal_review", "technical_review", "sign", "published", "calibration"];
const AT_ONCE = 6;

/** The register of admissibility files. */
export function admissibility({ can }) {
  return book({ ask: files, shown });

  function act(file, name) {
    const filed = file?.[name];
    if (!filed) return html`<span class="dim">–</span>`;
    return html`${filed.by}<small>${filed.on}${filed.until ? ` – ${filed.until}` : ""}${filed.document ? html` · <span title=${filed.sha256 ?? ""}>${filed.document}</span>` : nothing}</small>`;
  }

  function shown(items) {
    const lacking = items.filter((one) => !one.complete).length;
    return html`<p class="hint">${lacking ? t("admissibility_lacking", { count: lacking, all: items.length }) : t("admissibility_all", { all: items.length })} ${t("admissibility_help")}</p>
      ${table([
        { head: t("camera"), cell: (one) => html`<b>${one.camera}</b>${can("setup") ? html`<small><a href="#/cameras/${encodeURIComponent(one.camera)}/settings">${t("edit")}</a></small>` : nothing}` },
        { head: t("standing"), cell: (one) => html`<span class="standing ${one.complete ? "delivered" : "pending"}">${t(one.complete ? "penalty_evidence" : "lead_only")}</span>` },
        { head: t("missing"), cell: (one) => (one.missing.length ? html`<ul>${one.missing.map((why) => html`<li>${sentence("legal_reasons", why.code, why.params) ?? why[spoken()]}</li>`)}</ul>` : html`<span class="dim">–</span>`) },
        ...ACTS.map((name) => ({ head: t(`act_${name}`), cell: (one) => act(one.file, name) })),
        { head: t("valid"), cell: (one) => one.file?.valid?.replace("/", " – ") ?? html`<span class="dim">–</span>`, number: true },
      ], items, t("no_cameras"), t("book_admissibility"))}`;
  }
}

/** All cameras' files, some at once. */
async function files() {
  const { items } = await get("/v1/cameras");
  const found = [];
  const waiting = [...items];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let camera = waiting.shift(); camera; camera = waiting.shift()) found.push(await get(`/v1/cameras/${encodeURIComponent(camera.id)}/admissibility`));
  }));
  return found.sort((a, b) => Number(a.complete) - Number(b.complete) || a.camera.localeCompare(b.camera));
}

// What is kept of a case as evidence: each file with its hash, originals for a reason.

import { html, nothing, toast } from "../../core/elements.js";
import { when } from "../../core/format.js";
import { word } from "../../core/sentence.js";
import { t } from "../../core/words.js";
import { sourceOf } from "../review/moments.js";
import { showClip, showOriginal } from "../review/sealed.js";

/** The list as a template; `again` draws once a picture has come, `said` tells what was refused. */
export function evidence(item, { mayOriginal, again, said }) {
  const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
  const sealed = (one) => !one.redacted && !one.purged_at;
  const picture = (one) => (one.redacted && !one.purged_at && one.media_type.startsWith("image/")
    ? html`<img alt="" src=${sourceOf(one.sha256, again) ?? nothing}>` : html`<span class="none" aria-hidden="true">${one.media_type.startsWith("video/") ? "▶" : "◼"}</span>`);
  const row = (one) => html`<tr><td class="pic">${picture(one)}</td>
    <td>${word("evidence", one.role)}<small>${word("moments", one.moment)} · ${one.camera}</small></td>
    <td class="number">${when(one.captured_at, true)}<small>${size(one.size)}</small></td>
    <td><code title=${one.sha256}>${one.sha256.slice(0, 16)}…</code> <button type="button" class="link" aria-label=${t("hash_copy_of", { role: word("evidence", one.role) })} @click=${() => copy(one.sha256)}>${t("copy")}</button></td>
    <td>${one.purged_at ? html`<span class="dim">${t("purged", { at: when(one.purged_at) })}</span>`
      : sealed(one) && mayOriginal && /^(image|video)\//.test(one.media_type) ? html`<button type="button" class="more" @click=${() => (one.media_type.startsWith("video/") ? showClip(one.sha256, mayOriginal, said) : showOriginal(one.sha256, word("evidence", one.role), said))}>${t("original")}</button>`
        : sealed(one) ? html`<span class="dim">${t("sealed")}</span>` : nothing}</td></tr>`;
  return html`<section aria-label=${t("evidence")}><h2>${t("evidence")} <span class="dim">${item.evidence.length}</span></h2>
    <div class="wide"><table class="plain evidence"><thead><tr>${["picture_of", "evidence_what", "captured_at", "hash", "access"].map((head) => html`<th scope="col">${t(head)}</th>`)}</tr></thead>
    <tbody>${item.evidence.map(row)}</tbody></table></div></section>`;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("copied"), "good");
  } catch {
    toast(text); // over plain HTTP a page may not write there: it can be marked by hand
  }
}

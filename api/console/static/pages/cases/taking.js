// The evidence package, the legal hold, the claim: what somebody does with a case as a whole.

import { post } from "../../core/api.js";
import { download } from "../../core/download.js";
import { html, nothing } from "../../core/elements.js";
import { form } from "../../core/form.js";
import { t } from "../../core/words.js";

const reasonField = (label) => html`<label>${t(label)}<input type="text" name="reason" required minlength="4" maxlength="500"></label>`;

/** Ask in which scope the evidence package is wanted, and let the browser keep it. */
export function takePackage(item, mayOriginal) {
  const scopes = ["receiver", "public", ...(mayOriginal ? ["officer"] : [])];
  const chosen = (box) => box.querySelector("[name=scope]:checked")?.value ?? "receiver";
  form(t("package"), (box) => html`<fieldset class="scopes"><legend class="unseen">${t("package")}</legend>${scopes.map((scope) => html`<label class="scope"><input type="radio" name="scope" value=${scope} ?checked=${scope === "receiver"}>
      <span><b>${t(`scope_${scope}`)}</b><small>${t(`scope_${scope}_help`)}</small></span></label>`)}</fieldset>
    ${chosen(box) === "officer" ? reasonField("original_why") : nothing}`, t("package_take"),
  ({ scope, reason = "" }) => download(`/v1/cases/${encodeURIComponent(item.case_id)}/package?${new URLSearchParams({ scope, ...(reason && { reason }) })}`, `${item.case_id}.zip`));
}

/** Put a case on legal hold, or take it off; `done(item)` is called with the case after it. */
export function hold(item, done) {
  const on = !item.hold;
  form(t(on ? "hold_on" : "hold_off"), () => html`<p class="hint">${t("hold_help")}</p>${reasonField("f_reason")}`, t(on ? "hold_on" : "hold_off"),
    async ({ reason }) => done(await post(`/v1/cases/${encodeURIComponent(item.case_id)}/hold`, { hold: on, reason })));
}

/** Hold a case to decide on it, or let it go. */
export const claim = (item, path, body = {}) => post(`/v1/cases/${encodeURIComponent(item.case_id)}/${path}`, body);

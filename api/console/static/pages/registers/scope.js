// What somebody sees: cameras, kinds and divisions; none chosen is all.

import { divisionName } from "../../core/divisions.js";
import { html } from "../../core/elements.js";
import { kindName, knownKinds, t } from "../../core/words.js";

const ROLES = ["viewer", "reviewer", "officer", "admin", "auditor", "receiver"];

/** The fields of a scope in a form, with what is chosen already. */
export function scopeFields(cameras, { cameras: seen = [], kinds = [], divisions = [] } = {}) {
  const tick = (name, value, label, chosen) => html`<label class="tick"><input type="checkbox" name=${name} value=${value} ?checked=${chosen}>${label}</label>`;
  return html`<details class="scope-fields" ?open=${Boolean(seen?.length || kinds?.length || divisions?.length)}><summary>${t("scope")}</summary><p class="hint">${t("scope_help")}</p>
    <fieldset><legend>${t("kind")}</legend><div class="ticks">${knownKinds().map((kind) => tick("kinds", kind.name, kindName(kind.name), kinds?.includes(kind.name)))}</div></fieldset>
    <fieldset><legend>${t("camera")}</legend><div class="ticks">${cameras.map((camera) => tick("cameras", camera.id, camera.id, seen?.includes(camera.id)))}</div></fieldset>
    <label>${t("divisions")}<input type="text" name="divisions" maxlength="400" .value=${(divisions ?? []).join(" ")}><span class="hint">${t("divisions_help")}</span></label></details>`;
}

/** The scope of a form's values, as the server takes it. */
export const scopeOf = (values) => ({ cameras: values.cameras ?? [], kinds: values.kinds ?? [], divisions: (values.divisions ?? "").split(/[\s,，]+/).filter(Boolean) });

/** A scope in words. */
export function scopeWords({ cameras, kinds, divisions }) {
  const parts = [kinds?.map(kindName), cameras, divisions?.map(divisionName)].filter((part) => part?.length).map((part) => part.join(t("list_comma")));
  return parts.length ? parts.join(" · ") : t("sees_all");
}

/** The roles of a select. */
export const roleField = (chosen, { receiver = true } = {}) => html`<label>${t("role")}<select name="role">${ROLES.filter((role) => receiver || role !== "receiver").map((role) => html`<option value=${role} ?selected=${role === chosen}>${t(`role_${role}`)}</option>`)}</select>
  <span class="hint">${t("roles_help")}</span></label>`;

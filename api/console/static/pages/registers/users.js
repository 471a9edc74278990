// Users: who may sign in, in which role, and what each sees.

import { get, post } from "../../core/api.js";
import { html, nothing, toast } from "../../core/elements.js";
import { form } from "../../core/form.js";
import { when } from "../../core/format.js";
import { t } from "../../core/words.js";
import { book, table } from "./book.js";
import { roleField, scopeFields, scopeOf, scopeWords } from "./scope.js";

const SHORTEST = 12;

/** The register of users, for admins. */
export function users() {
  const mine = book({
    ask: async () => {
      const [{ items }, cameras] = await Promise.all([get("/v1/users"), get("/v1/cameras")]);
      return { items, cameras: cameras.items };
    },
    shown,
  });

  const text = (name, label, value = "", required = false) => html`<label>${t(label)}<input type="text" name=${name} maxlength="64" ?required=${required} .value=${value} autocomplete="off"></label>`;
  const password = () => html`<label>${t("password")}<input type="password" name="password" required minlength=${SHORTEST} maxlength="128" autocomplete="new-password"><span class="hint">${t("password_rule")}</span></label>`;

  const add = () => form(t("user_new"), () => html`${text("name", "user_name", "", true)}${text("label", "user_label")}${text("unit", "unit")}${roleField("reviewer", { receiver: false })}${password()}${scopeFields(mine.answer.cameras)}`,
    t("user_add"), async (values) => {
      const { name, label, unit, role } = values;
      await post("/v1/users", { name: name.trim(), label: label.trim(), unit: unit.trim(), role, password: values.password, ...scopeOf(values) });
      toast(t("user_added", { name }), "good");
      await mine.load();
    });

  const patch = (user, body) => post(`/v1/users/${encodeURIComponent(user.id)}`, body, { method: "PATCH" }).then(mine.load);

  const change = (user) => form(t("user_change", { name: user.name }), () => html`${text("label", "user_label", user.label)}${text("unit", "unit", user.unit)}${roleField(user.role, { receiver: false })}${scopeFields(mine.answer.cameras, user)}`,
    t("save"), ({ label, unit, role, ...scope }) => patch(user, { label: label.trim(), unit: unit.trim(), role, ...scopeOf(scope) }));

  const reset = (user) => form(t("password_of", { name: user.name }), () => html`<p class="hint">${t("password_reset_help")}</p>${password()}`, t("password_set"), async (values) => {
    await patch(user, { password: values.password });
    toast(t("password_done", { name: user.name }), "good");
  });

  const disable = (user, disabled) => form(t(disabled ? "user_disable" : "user_enable"), () => html`<p>${t(disabled ? "user_disable_help" : "user_enable_help", { name: user.name })}</p>`, t(disabled ? "user_disable" : "user_enable"),
    () => patch(user, { disabled }), { tone: disabled ? "danger" : "primary" });

  const acts = (user) => html`<div class="acts"><button type="button" class="choice" aria-label=${t("user_change", { name: user.name })} @click=${() => change(user)}>${t("edit")}</button>
    ${user.password ? html`<button type="button" class="choice" aria-label=${t("password_of", { name: user.name })} @click=${() => reset(user)}>${t("password_reset")}</button>` : nothing}
    <button type="button" class=${user.disabled_at ? "choice" : "danger"} aria-label=${`${t(user.disabled_at ? "user_enable" : "user_disable")} ${user.name}`} @click=${() => disable(user, !user.disabled_at)}>${t(user.disabled_at ? "user_enable" : "user_disable")}</button></div>`;

  function shown({ items }) {
    return html`<div class="acts"><button type="button" class="primary" @click=${add}>${t("user_new")}</button></div>
      ${table([
        { head: t("user_name"), cell: (user) => html`<b>${user.name}</b><small>${[user.label === user.name ? "" : user.label, user.unit].filter(Boolean).join(" · ")}</small>` },
        { head: t("role"), cell: (user) => t(`role_${user.role}`) },
        { head: t("scope"), cell: scopeWords },
        { head: t("sign_in_by"), cell: (user) => t(user.password ? "by_password" : "by_provider") },
        { head: t("standing"), cell: (user) => (user.disabled_at ? html`<span class="dim">${t("disabled")} ${when(user.disabled_at)}</span>` : html`<span class="standing delivered">${t("active")}</span>`) },
        { head: "", cell: acts },
      ], items.map((user) => ({ ...user, dim: Boolean(user.disabled_at) })), t("users_none"), t("book_users"))}`;
  }

  return mine;
}

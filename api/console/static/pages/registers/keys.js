// Access keys of machines and people: made, shown once, revoked.

import { ask, get, post } from "../../core/api.js";
import { dialog, html, nothing, toast } from "../../core/elements.js";
import { form } from "../../core/form.js";
import { ago, when } from "../../core/format.js";
import { t } from "../../core/words.js";
import { book, table } from "./book.js";
import { roleField, scopeFields, scopeOf, scopeWords } from "./scope.js";

/** The register of keys, for admins. */
export function keys() {
  let past = false;
  const mine = book({
    ask: async () => {
      const [{ items }, cameras] = await Promise.all([get("/v1/keys"), get("/v1/cameras")]);
      return { items: items.toReversed(), cameras: cameras.items };
    },
    shown,
  });

  function create() {
    form(t("key_new"), () => html`<label>${t("holder")}<input type="text" name="label" required maxlength="100" autocomplete="off"></label>
      ${roleField("receiver")}
      <label>${t("expires_days")}<input type="number" name="days" min="1" max="3650" value="365"><span class="hint">${t("expires_help")}</span></label>
      ${scopeFields(mine.answer.cameras)}`, t("key_make"), async (values) => {
      const made = await post("/v1/keys", { label: values.label.trim(), role: values.role, expires_days: values.days ? Number(values.days) : null, ...scopeOf(values) });
      once(made.key, values.label);
      await mine.load();
    });
  }

  /** The only time that a key is shown: it goes when somebody says that they have it. */
  function once(key, label) {
    const box = dialog(t("key_made"), html`<form method="dialog" class="sheet"><h2>${t("key_made")}</h2><p>${t("key_once", { label })}</p>
      <input type="text" readonly aria-label=${t("key")} value=${key} @focus=${(event) => event.target.select()}>
      <div class="row"><button type="button" class="quiet" @click=${() => copy(key)}>${t("copy")}</button><button class="primary">${t("key_kept")}</button></div></form>`);
    box.querySelector("input").focus();
  }

  async function copy(key) {
    try {
      await navigator.clipboard.writeText(key);
      toast(t("copied"), "good");
    } catch {
      document.execCommand("copy"); // over plain HTTP: the field is selected
    }
  }

  const revoke = (key) => form(t("key_revoke"), () => html`<p>${t("key_revoke_help", { label: key.label })}</p>`, t("key_revoke"), async () => {
    await ask(`/v1/keys/${encodeURIComponent(key.id)}`, { method: "DELETE" });
    toast(t("key_revoked", { label: key.label }), "good");
    await mine.load();
  }, { tone: "danger" });

  const standing = (key) => (key.revoked_at ? html`<span class="dim">${t("revoked")} ${when(key.revoked_at)}</span>` : !key.active ? html`<span class="dim">${t("expired")} ${when(key.expires_at)}</span>`
    : html`<span class="standing delivered">${t("active")}</span>${key.expires_at ? html`<small>${t("until")} ${when(key.expires_at)}</small>` : nothing}`);

  function shown({ items }) {
    const rows = items.filter((key) => past || key.active).map((key) => ({ ...key, dim: !key.active }));
    return html`<div class="acts"><button type="button" class="primary" @click=${create}>${t("key_new")}</button>
        <label class="tick"><input type="checkbox" .checked=${past} @change=${(event) => { past = event.target.checked; mine.redraw(); }}>${t("past_too")}</label></div>
      ${table([
        { head: t("holder"), cell: (key) => html`<b>${key.label}</b><small>${key.id}</small>` },
        { head: t("role"), cell: (key) => t(`role_${key.role}`) },
        { head: t("scope"), cell: scopeWords },
        { head: t("standing"), cell: standing },
        { head: t("last_used"), cell: (key) => (key.last_used_at ? html`<span title=${when(key.last_used_at)}>${ago(key.last_used_at)}</span>` : html`<span class="dim">${t("never_used")}</span>`) },
        { head: "", cell: (key) => (key.active ? html`<button type="button" class="danger" aria-label=${t("key_revoke_of", { label: key.label })} @click=${() => revoke(key)}>${t("key_revoke")}</button>` : nothing) },
      ], rows, t("keys_none"), t("book_keys"))}`;
  }

  return mine;
}

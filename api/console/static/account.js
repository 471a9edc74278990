// Who is signed in: role, unit, until when; changing one's own password; signing out.

import { ask, bySession, changePassword, signOut } from "./core/api.js";
import { dialog, html, nothing, render, toast } from "./core/elements.js";
import { when } from "./core/format.js";
import { problem } from "./core/sentence.js";
import { t } from "./core/words.js";

/** Show the sheet of who is signed in (`GET /v1/session`); `leaving()` is called before they are signed out. */
export function accountSheet(me, leaving) {
  let error = "";
  let busy = false;
  const box = dialog(t("account"), nothing);
  const value = (id) => box.querySelector(`#${id}`).value;

  async function change(event) {
    event.preventDefault();
    if (value("new-password") !== value("again-password")) return say("passwords_differ");
    busy = true;
    draw();
    try {
      await changePassword(value("current-password"), value("new-password"));
      toast(t("password_changed"), "good");
      box.close();
    } catch (refused) {
      busy = false;
      error = refused.status === undefined ? t("offline") : refused.status === 401 ? t("wrong_current") : problem(refused);
      if (box.isConnected) draw();
    }
    return undefined;
  }

  function say(word) {
    error = t(word);
    draw();
  }

  const everywhere = () => ask("/v1/session?everywhere=true", { method: "DELETE" }).catch(() => {}).finally(leave);
  function leave() {
    box.close();
    leaving(); // while one may still say so to the server
    signOut();
  }

  function draw() {
    render(html`<div class="sheet"><h2>${me.label}</h2>
      <dl class="facts"><dt>${t("role")}</dt><dd>${t(`role_${me.role}`)}</dd>
        ${me.unit ? html`<dt>${t("unit")}</dt><dd>${me.unit}</dd>` : nothing}
        ${me.expires_at ? html`<dt>${t("signed_in_until")}</dt><dd>${when(me.expires_at)}</dd>` : nothing}</dl>
      ${bySession() ? html`<details><summary>${t("change_password")}</summary><form class="fields" @submit=${change}>
        <label>${t("current_password")}<input id="current-password" type="password" autocomplete="current-password" required maxlength="128"></label>
        <label>${t("new_password")}<input id="new-password" type="password" autocomplete="new-password" required maxlength="128"></label>
        <label>${t("again_password")}<input id="again-password" type="password" autocomplete="new-password" required maxlength="128"></label>
        <p class="hint">${t("password_help")}</p>
        <p class="error" role="alert" ?hidden=${!error}>${error}</p>
        <div class="row"><button class="primary" ?disabled=${busy}>${t("change_password")}</button></div></form></details>` : nothing}
      <div class="row">${bySession() ? html`<button class="quiet" type="button" @click=${everywhere}>${t("signout_everywhere")}</button>` : nothing}
        <button class="quiet" type="button" @click=${() => box.close()}>${t("close")}</button>
        <button class="danger" type="button" @click=${leave}>${t("signout")}</button></div></div>`, box);
  }

  draw();
}

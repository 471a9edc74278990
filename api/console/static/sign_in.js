// The form: a name and a password, an access key, or the identity provider.

import { at, setKey, signInAs } from "./core/api.js";
import { html, nothing, render } from "./core/elements.js";
import { speak, spoken, t } from "./core/words.js";

/** Draw the form into `app`; the address stays as it is, and with it the place to which one comes back. */
export function signInForm(app, { message, withKey, start, keepPlace }) {
  let error = message;
  let busy = false;
  const value = (id) => app.querySelector(`#${id}`).value;

  async function submit(event) {
    event.preventDefault();
    if (value("key").trim()) {
      setKey(value("key"));
      return start();
    }
    busy = true;
    draw();
    try {
      await signInAs(value("name"), value("password"));
      return await start();
    } catch (refused) {
      const said = { 401: t("wrong_password"), 429: `${t("wait")} ${refused.wait ?? ""} s`, undefined: t("offline") };
      error = value("name") && value("password") ? said[refused.status] ?? refused.message : t("wrong_password");
      busy = false;
      draw();
      app.querySelector("#password").value = "";
      return app.querySelector("#password").focus();
    }
  }

  function switchLanguage() {
    speak(spoken() === "zh" ? "en" : "zh", true);
    error = ""; // it was said in the other language
    draw();
  }

  function draw() {
    render(html`<main class="signin"><form class="sheet" @submit=${submit}>
      <div class="heading"><img src=${at("/static/icon.svg")} alt=""><button class="quiet" type="button" lang=${spoken() === "zh" ? "en" : "zh"} aria-label=${t("language")} @click=${switchLanguage}>${t("other_language")}</button></div>
      <h1>Streetwarden</h1>
      <label for="name">${t("user_name")}</label><input id="name" type="text" autocomplete="username" spellcheck="false" autocapitalize="none" maxlength="64">
      <label for="password">${t("password")}</label><input id="password" type="password" autocomplete="current-password" maxlength="128">
      <details ?open=${withKey}><summary>${t("with_key")}</summary><label for="key">${t("key")}</label>
        <input id="key" type="password" autocomplete="off" spellcheck="false"><p class="hint">${t("key_help")}</p></details>
      <p class="error" role="alert" ?hidden=${!error}>${error}</p>
      <button class="primary" ?disabled=${busy}>${t("signin")}</button>
      ${"oidc" in document.documentElement.dataset ? html`<a class="elsewhere" href=${at("/v1/session/oidc")} @click=${keepPlace}>${t("oidc")}</a>` : nothing}
    </form></main>`, app);
  }

  draw();
  app.querySelector(withKey ? "#key" : "#name").focus();
}

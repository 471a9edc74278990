// A form in a dialog, which stays with what was typed while the server refuses it.

import { dialog, html, nothing, render } from "./elements.js";
import { problem, sentence } from "./sentence.js";
import { t } from "./words.js";

/**
 * Ask in a dialog: `fields(box)` is its template, drawn again with each change; `send(values)` gets what was
 * typed, by name, and its promise closes the dialog. `values` has lists for names that come several times.
 */
export function form(title, fields, button, send, { tone = "primary" } = {}) {
  let busy = false;
  let refused = null;
  const box = dialog(title, nothing);

  async function submit(event) {
    event.preventDefault();
    if (busy) return;
    busy = true;
    refused = null;
    const values = valuesOf(event.target);
    draw();
    try {
      await send(values);
      box.close();
    } catch (error) {
      busy = false;
      refused = error;
      draw();
      box.querySelector("[role=alert]")?.focus();
    }
  }

  function draw() {
    render(html`<form class="sheet" @submit=${submit} @change=${() => draw()}><h2>${title}</h2>${fields(box)}
      ${refused ? html`<div class="error" role="alert" tabindex="-1">${refusal(refused)}</div>` : nothing}
      <div class="row"><button type="button" class="quiet" @click=${() => box.close()}>${t("cancel")}</button><button class=${tone} ?disabled=${busy}>${busy ? t("working") : button}</button></div></form>`, box);
  }

  draw();
  (box.querySelector("input:not([type=checkbox]), textarea, select") ?? box.querySelector("button:not(.quiet)")).focus();
  return box;
}

function valuesOf(element) {
  const all = new FormData(element);
  return Object.fromEntries([...new Set(all.keys())].map((name) => {
    const several = element.querySelector(`[name="${name}"][type=checkbox]`);
    return [name, several ? all.getAll(name) : all.get(name)];
  }));
}

/** Why the server refused, in the page's language: the whole, and each field that is wrong. */
export function refusal(error) {
  if (error.status === undefined) return t("offline");
  const fields = (error.said?.errors ?? []).map((one) => sentence("invalid", one.code, one.params) ?? one.detail);
  return html`<p>${problem(error)}</p>${fields.map((one) => html`<p>${one}</p>`)}`;
}

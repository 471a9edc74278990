// What the pages make their elements with: lit-html's templates, in which every value is text and
// never markup, and the few things that all pages share.

import { html, nothing, render, svg } from "../vendor/lit-html/lit-html.js";

export { html, nothing, render, svg };

/** Say something for a few seconds; screen readers hear it too. `act` puts a button behind it: `{label, does}`. */
export function toast(text, tone = "info", act = null) {
  const note = document.createElement("div");
  note.className = `toast ${tone}`;
  render(html`<span>${text}</span>${act ? html`<button type="button" @click=${() => { note.remove(); act.does(); }}>${act.label}</button>` : nothing}`, note);
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), act ? 60_000 : tone === "bad" ? 9000 : 4500);
  return note;
}

/** A modal dialog around a template, closed by Escape, by its own buttons and by a click beside it. */
export function dialog(label, content) {
  const box = document.createElement("dialog");
  box.setAttribute("aria-label", label);
  render(content, box);
  box.addEventListener("close", () => box.remove());
  box.addEventListener("click", (event) => event.target === box && box.close());
  document.body.append(box);
  box.showModal();
  return box;
}

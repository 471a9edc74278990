// What is sealed: originals and clips are shown to who may see them, for a reason that is logged.

import { picture } from "../../core/api.js";
import { dialog, html, render } from "../../core/elements.js";
import { t } from "../../core/words.js";

const open = (sha256, reason) => picture(`/v1/media/${sha256}?${new URLSearchParams({ reason })}`);

/** Ask for a reason, then show the original picture. */
export const showOriginal = (sha256, alt, said) =>
  ask(t("original"), said, async (reason) => enlarge(await open(sha256, reason), (url) => html`<img src=${url} alt=${alt}>`));

/** Ask for a reason, then play the clip; it is an original, so not everybody may. */
export function showClip(sha256, mayOriginal, said) {
  if (!mayOriginal) {
    const box = dialog(t("clip"), html`<form method="dialog" class="sheet"><h2>${t("clip")}</h2><p>${t("clip_sealed")}</p>
      <div class="row"><button class="primary">${t("close")}</button></div></form>`);
    return void box.querySelector("button").focus();
  }
  return ask(t("clip"), said, async (reason) => enlarge(await open(sha256, reason), (url) => html`<video src=${url} controls autoplay muted aria-label=${t("clip")}></video>`));
}

function ask(title, said, show) {
  const box = dialog(title, html`<form method="dialog" class="sheet" @submit=${() => show(box.querySelector("input").value).catch(said)}>
    <h2>${title}</h2><label>${t("original_why")}<input type="text" required minlength="4" maxlength="500"></label>
    <div class="row"><button class="quiet" type="button" @click=${() => box.close()}>${t("cancel")}</button>
      <button class="primary">${t("original_show")}</button></div></form>`);
  box.querySelector("input").focus();
}

function enlarge(url, content) {
  const box = dialog(t("original"), html``);
  box.classList.add("lightbox");
  render(html`<div class="sealed">${content(url)}<button type="button" class="quiet" @click=${() => box.close()}>${t("close")}</button></div>`, box);
  box.addEventListener("close", () => URL.revokeObjectURL(url));
}

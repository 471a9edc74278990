// A new camera: its name, its address and where it stands; the address can be tried before
// anything is written.

import { post } from "../../core/api.js";
import { dialog, html, nothing, render } from "../../core/elements.js";
import { mistakeWords } from "../../core/mistake.js";
import { explained } from "./failure.js";
import { t } from "../../core/words.js";

/** Ask for a camera; once it is made, its page opens, where its first zone is drawn. */
export function addDialog() {
  let wrong = [];
  let failed = "";
  let busy = false;
  let tried = null; // what the address that stands there sends, or why nothing: {source, found, failed}
  const box = dialog(t("add_camera"), nothing);
  const value = (name) => box.querySelector(`[name=${name}]`).value.trim();

  async function submit(event) {
    event.preventDefault();
    busy = true;
    draw();
    try {
      const camera = { id: value("id"), source: value("source"), type: value("type"), analyse_fps: Number(value("fps")) || 1 };
      await post("/v1/cameras", camera);
      box.close();
      location.hash = `#/cameras/${encodeURIComponent(camera.id)}/zones`;
    } catch (error) {
      wrong = error.said?.errors ?? [];
      failed = wrong.length ? "" : explained(error);
      busy = false;
      draw();
    }
  }

  /** Open the address once, before anything is written. */
  async function attempt() {
    const source = value("source");
    if (!source || tried?.busy) return;
    const mine = (tried = { source, busy: true });
    draw();
    const got = await post("/v1/cameras/probe", { source }).then((found) => ({ found }), (error) => ({ failed: [error.said?.errors?.[0]].filter(Boolean).map(mistakeWords)[0] ?? explained(error) }));
    if (tried !== mine || !box.isConnected) return;
    tried = { source, ...got };
    draw();
  }

  function outcome() {
    if (!tried || tried.source !== box.querySelector("[name=source]")?.value.trim()) return nothing;
    if (tried.busy) return html`<p class="hint" role="status">${t("probing")}</p>`;
    if (tried.failed) return html`<p class="error" role="alert">${tried.failed}</p>`;
    const { found } = tried;
    return html`<figure class="probed" role="status"><img alt=${t("probe_picture")} src=${pictureOf(found)}>
      <figcaption><b>${t("probe_answers")}</b><span class="number">${found.width} × ${found.height}</span>${found.codec ? html`<span>${found.codec.toUpperCase()}</span>` : nothing}
        ${found.fps ? html`<span class="number">${t("probe_fps", { fps: found.fps })}</span>` : nothing}${found.trouble ? html`<span class="warn">${found.trouble}</span>` : nothing}</figcaption></figure>`;
  }

  /** The picture as an address, made once: the page's policy takes none that stand in the text. */
  function pictureOf(found) {
    found.url ??= URL.createObjectURL(new Blob([Uint8Array.from(atob(found.picture), (c) => c.charCodeAt(0))], { type: "image/jpeg" }));
    return found.url;
  }
  box.addEventListener("close", () => tried?.found?.url && URL.revokeObjectURL(tried.found.url));

  const of = (name) => wrong.filter((mistake) => (mistake.pointer ?? "").split("/").includes(name)).map((mistake) => html`<small class="error">${mistakeWords(mistake)}</small>`);
  const elsewhere = () => wrong.filter((mistake) => !["id", "source", "type", "analyse_fps"].some((name) => (mistake.pointer ?? "").split("/").includes(name)));

  function draw() {
    render(html`<form class="sheet" @submit=${submit}><h2>${t("add_camera")}</h2>
      <label class="field"><span>${t("camera_id")}</span><input name="id" required maxlength="64" pattern="[A-Za-z0-9][A-Za-z0-9_.\\-]*" spellcheck="false" autocapitalize="none"><small>${t("camera_id_help")}</small>${of("id")}</label>
      <label class="field"><span>${t("source")}</span><input name="source" required maxlength="2000" placeholder="rtsp://…" spellcheck="false" autocapitalize="none" autocomplete="off" @input=${draw}><small>${t("source_help")}</small>${of("source")}</label>
      <div class="attempt"><button type="button" ?disabled=${tried?.busy} @click=${attempt}>${t("probe")}</button>${outcome()}</div>
      <label class="field"><span>${t("camera_type")}</span><select name="type">${["cctv", "drone", "bodycam", "vehicle"].map((type) => html`<option value=${type}>${t(`type_${type}`)}</option>`)}</select>${of("type")}</label>
      <label class="field"><span>${t("analyse_fps")}</span><input name="fps" type="number" min="0.01" max="60" step="any" value="1"><small>${t("analyse_fps_help")}</small>${of("analyse_fps")}</label>
      <p class="hint">${t("add_camera_help")}</p>
      ${failed || elsewhere().length ? html`<p class="error" role="alert">${failed || elsewhere().map(mistakeWords).join(" ")}</p>` : nothing}
      <div class="row"><button type="button" class="quiet" @click=${() => box.close()}>${t("cancel")}</button><button class="primary" ?disabled=${busy}>${t("add_camera")}</button></div></form>`, box);
  }

  draw();
  box.querySelector("input").focus();
}

// One camera's page: its head, its modes, and the picture that most of them stand on. The feed goes on
// through all modes; the draft of its setup is one, whatever is drawn.

import { get } from "../../core/api.js";
import { html, nothing, render } from "../../core/elements.js";
import { explained } from "./failure.js";
import { t } from "../../core/words.js";
import { stage } from "../../stage/stage.js";
import { draftOf } from "./editor/draft.js";
import { saving } from "./editor/saving.js";
import { follow } from "./feed.js";
import { groundMode } from "./modes/ground.js";
import { historyMode } from "./modes/history.js";
import { liveMode } from "./modes/live.js";
import { privacyMode } from "./modes/privacy.js";
import { settingsMode } from "./modes/settings.js";
import { zonesMode } from "./modes/zones.js";
import { age, facts, pill, sized } from "./state.js";

const MODES = { live: liveMode, zones: zonesMode, ground: groundMode, privacy: privacyMode, settings: settingsMode, history: historyMode };
const FRESH_MS = 5000;
const SAID_MS = 8000;
const BLANK = { src: "", width: 1600, height: 900 };

/** The view of one camera: `#/cameras/<id>/<mode>`. */
export function cameraView(id, { site, shell, rights }) {
  const element = document.createElement("div");
  element.className = "camera";
  const path = `/v1/cameras/${encodeURIComponent(id)}`;
  const looks = new Map(); // preset or "" → the newest look at it
  let name = "";
  let mode = null;
  let feed = null;
  let clock = 0;
  let left = false;
  let problem = "";
  let hush = 0;

  const picture = stage({ role: () => "group", pans: (event) => mode?.pans?.(event) ?? true, moved: () => drawOver() });
  const resized = new ResizeObserver(() => drawOver());
  resized.observe(picture.element);

  /** What the modes work with. */
  const page = {
    id, path, site, shell, rights, stage: picture, leave,
    said: "", camera: null, setup: null, draft: null, latest: null, preset: null, saving: null,
    get presets() { return page.draft?.now.presets ?? []; },
    /** Whether zones and the like may be changed here. */
    get fixed() { return !rights.draw || page.draft === null; },
    /** Choose the preset at whose picture is drawn. */
    at(preset) { page.preset = preset; show(); redraw(); },
    redraw, reload,
    /** Say over the picture why an outline is not taken. */
    refuse({ word, values }) {
      page.said = t(word, values);
      clearTimeout(hush);
      hush = setTimeout(() => { page.said = ""; redraw(); }, SAID_MS);
      redraw();
    },
  };
  page.saving = saving(page);

  async function open([wanted = "live"]) {
    if (!page.camera) await begin();
    if (left) return;
    const next = wanted in MODES ? wanted : "live";
    if (next !== name) {
      mode?.leave?.();
      name = next;
      mode = MODES[name](page);
    }
    show();
    redraw();
  }

  async function begin() {
    await Promise.all([refresh(), reload()]);
    if (left) return;
    feed ??= follow(id, seen, missing);
    clearInterval(clock);
    clock = setInterval(() => document.hidden || refresh().then(redraw), FRESH_MS);
  }

  async function refresh() {
    try {
      page.camera = (await get("/v1/cameras")).items.find((camera) => camera.id === id) ?? null;
      problem = page.camera ? "" : t("no_such_camera");
    } catch (error) {
      if (error.status !== 401) problem = explained(error);
    }
  }

  /** The setup as the file says it now; a server without the route has none. */
  async function reload() {
    try {
      page.setup = await get(`${path}/setup`);
    } catch (error) {
      if (error.status === undefined) throw error;
      page.setup = null;
    }
    if (page.setup && !page.draft) page.draft = draftOf(id, page.setup, redraw);
    page.preset ??= page.presets[0]?.name ?? null;
    return page.setup;
  }

  function seen(look) {
    page.latest = look;
    looks.set(look.sight?.preset ?? "", look);
    page.saving.looked(look);
    show();
    redraw();
  }

  function missing() {
    if (!page.latest) { show(); redraw(); }
  }

  /** The newest look, or the newest at the preset whose picture is drawn on. */
  function show() {
    const bound = mode?.bound && page.presets.length;
    const look = bound ? looks.get(page.preset) : page.latest;
    const size = page.setup?.size ?? [page.camera?.width, page.camera?.height];
    const blank = size[0] && size[1] ? { src: "", width: size[0], height: size[1] } : BLANK;
    page.waits = look ? "" : t(bound ? "waits_for_preset" : "no_frame", { preset: page.preset });
    picture.show({ ...blank, ...look, alt: t("seen_by", { camera: id }) });
  }

  function drawOver() {
    if (picture.picture && mode?.over) picture.over([mode.bound ? page.saving.over() : nothing, mode.over()]);
  }

  function redraw() {
    if (left) return;
    drawOver();
    if (problem && !page.camera) return render(html`<div class="empty"><h1>${id}</h1><p>${problem}</p><a href="#/cameras">${t("all_cameras")}</a></div>`, element);
    if (!page.camera || !mode) return render(html`<div class="empty"><p>${t("loading")}</p></div>`, element);
    const tab = (each) => html`<a href=${`#/cameras/${encodeURIComponent(id)}/${each}`} aria-current=${each === name ? "page" : nothing}>${t(`mode_${each}`)}${touches(each) ? html`<span class="dot" title=${t("unsaved")}></span>` : nothing}</a>`;
    render(html`
      <header class="camera-head"><a class="back" href="#/cameras" aria-label=${t("all_cameras")}>‹</a>
        <div class="title"><h1>${id}</h1>${pill(page.camera)}<span class="dim">${page.camera.address}</span>${page.camera.device_id ? html`<span class="dim number">${t("device_id")} ${page.camera.device_id}</span>` : nothing}</div>
        <nav class="tabs" aria-label=${t("modes")}>${Object.keys(MODES).map(tab)}</nav></header>
      <div class="camera-body ${name}">
        ${mode.wide ? mode.side() : html`
        <div class="picture">${presetChoice()}<div class="room">${picture.element}${page.waits ? html`<p class="not-yet" role="status">${page.waits}</p>` : nothing}<p class="said" role="alert" ?hidden=${!page.said}>${page.said}</p></div>
          <div class="under">${mode.under?.() ?? nothing}<small class="dim number">${[sized(page.camera), facts(page.camera), page.latest?.sight ? "" : age(page.camera)].filter(Boolean).join(" · ")}</small></div></div>
        <aside aria-label=${t(`mode_${name}`)}>${mode.side()}</aside>`}
      </div>${page.saving.bar(mode.edits)}`, element);
    mode.drawn?.();
  }

  const touches = (each) => {
    const parts = { zones: ["zones"], ground: ["ground"], privacy: ["privacy"], settings: ["place", "admissibility", "analyse_fps", "candidate_fps"] }[each] ?? [];
    return page.draft && parts.some((part) => page.draft.touched.includes(part));
  };

  const presetChoice = () => (mode.bound && page.presets.length ? html`<div class="chips" role="group" aria-label=${t("preset")}>${page.presets.map((preset) => html`
    <button type="button" class="chip" aria-pressed=${preset.name === page.preset} @click=${() => page.at(preset.name)}>${preset.name}</button>`)}</div>` : nothing);

  /** Undo and redo as everywhere, but not while somebody types. */
  function stroke(event) {
    if (!(event.ctrlKey || event.metaKey) || !page.draft || event.target.closest?.("input:not([type=checkbox]), textarea, dialog")) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    if (mode?.back?.(key === "z" && !event.shiftKey)) return;
    if (key === "z" && !event.shiftKey) page.draft.undo();
    else page.draft.redo();
  }
  addEventListener("keydown", stroke);

  function heard(event) {
    if (event.type === "site") page.saving.siteChanged(event.data);
    if (event.type === "cameras" && event.data?.changed?.includes(id)) refresh().then(redraw);
    mode?.heard?.(event);
  }

  function leave() {
    left = true;
    feed?.close();
    clearInterval(clock);
    clearTimeout(hush);
    mode?.leave?.();
    resized.disconnect();
    removeEventListener("keydown", stroke);
  }

  const zooms = { "+": { label: t("zoom_in"), does: () => picture.zoom(1.5), held: true }, "-": { label: t("zoom_out"), does: () => picture.zoom(1 / 1.5), held: true }, 0: { label: t("zoom_fit"), does: picture.fit } };
  return {
    id, element, open, heard, leave,
    redraw: () => { mode?.themed?.(); show(); redraw(); },
    keys: () => ({ ...zooms, ...mode?.keys?.() }),
  };
}

// The wall: a tile a camera. Only tiles on the screen ask for pictures, a few at a time.

import { get, picture } from "../../core/api.js";
import { html, nothing, render } from "../../core/elements.js";
import { explained } from "./failure.js";
import { kindName, t } from "../../core/words.js";
import { repeat } from "../../vendor/lit-html/directives/repeat.js";
import { age, concern, facts, pill, standing } from "./state.js";

const FRESH_MS = 5000;
const AT_ONCE = 4;
const CONCERNS = ["bad", "waiting", "well"];

/** The view of all cameras; `add` opens the dialog for a new one. */
export function wallView({ shell, rights, add }) {
  const element = document.createElement("div");
  element.className = "wall";
  const shown = new Map(); // id → {url, of, asking}: pictures
  const pace = new Map(); // id → {analysed, at, had}
  const seen = new Set();
  const filter = { state: "", kind: "", text: "" };
  let cameras = null;
  let failed = "";
  let clock = 0;
  let asking = 0;
  let left = false;
  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) seen[isIntersecting ? "add" : "delete"](target.dataset.camera);
    pictures();
  }, { rootMargin: "80px" });

  async function refresh() {
    try {
      cameras = (await get("/v1/cameras")).items;
      failed = "";
      cameras.forEach(measure);
    } catch (error) {
      if (error.status === 401 || left) return;
      failed = explained(error);
    }
    if (left) return;
    redraw();
    pictures();
  }

  /** Looks a second, from the count of two answers. */
  function measure(camera) {
    const before = pace.get(camera.id);
    const now = performance.now();
    if (before && now - before.at < FRESH_MS * 0.8) return;
    const had = before && camera.analysed >= before.analysed ? (camera.analysed - before.analysed) / ((now - before.at) / 1000) : null;
    pace.set(camera.id, { analysed: camera.analysed, at: now, had: camera.state === "alive" ? had : null });
  }

  /** Ask for what is on the screen and has changed. */
  function pictures() {
    if (document.hidden || left) return;
    for (const camera of cameras ?? []) {
      const kept = shown.get(camera.id) ?? {};
      if (!seen.has(camera.id) || !camera.last_frame_at || camera.state === "unwatched") continue;
      if (kept.of === camera.last_frame_at || kept.asking || asking >= AT_ONCE) continue;
      ask(camera);
    }
  }

  async function ask(camera) {
    const kept = shown.get(camera.id) ?? {};
    shown.set(camera.id, { ...kept, asking: true });
    asking += 1;
    try {
      const url = await picture(`/v1/cameras/${encodeURIComponent(camera.id)}/snapshot`);
      if (left) return URL.revokeObjectURL(url);
      if (kept.url) setTimeout(() => URL.revokeObjectURL(kept.url), FRESH_MS);
      shown.set(camera.id, { url, of: camera.last_frame_at });
    } catch {
      shown.set(camera.id, { ...kept, of: camera.last_frame_at }); // asked again with its next look
    } finally {
      asking -= 1;
    }
    redraw();
    return pictures();
  }

  const words = (camera) => [camera.id, camera.device_id ?? "", camera.address, ...camera.zones].join("\n").toLowerCase();
  const wanted = (camera) => (!filter.state || concern(camera) === filter.state)
    && (!filter.kind || camera.kinds.includes(filter.kind)) && words(camera).includes(filter.text.trim().toLowerCase());

  function filterBy(change) {
    Object.assign(filter, change);
    shell.at(["cameras"], filter);
    redraw();
  }

  function tile(camera) {
    const { url } = shown.get(camera.id) ?? {};
    const { doubtful } = standing(camera);
    return html`<li><a class="tile" data-camera=${camera.id} href=${`#/cameras/${encodeURIComponent(camera.id)}`}>
      <span class="screen">${url ? html`<img src=${url} alt=${t("seen_by", { camera: camera.id })}>` : html`<span class="blank">${t("no_frame")}</span>`}${pill(camera)}</span>
      <span class="name"><b>${camera.id}</b><small class="number">${age(camera)}</small></span>
      <span class="dim">${camera.address}</span>
      <span class="tags">${camera.kinds.map((kind) => html`<span>${kindName(kind)}</span>`)}</span>
      <small class="facts">${facts(camera, pace.get(camera.id)?.had ?? null)}</small>
      ${camera.error || doubtful ? html`<span class="error">${camera.error ?? t("rules_pause")}</span>` : nothing}</a></li>`;
  }

  function redraw() {
    if (cameras === null) return render(html`<div class="empty"><p>${failed || t("loading")}</p></div>`, element);
    const counts = Object.fromEntries(CONCERNS.map((name) => [name, cameras.filter((camera) => concern(camera) === name).length]));
    const kinds = [...new Set(cameras.flatMap((camera) => camera.kinds))].sort();
    const found = cameras.filter(wanted);
    const chip = (name) => html`<button type="button" class="chip ${name}" aria-pressed=${filter.state === name} ?disabled=${!counts[name] && filter.state !== name}
      @click=${() => filterBy({ state: filter.state === name ? "" : name })}>${t(`concern_${name}`)}<b>${counts[name]}</b></button>`;
    render(html`
      <div class="filters"><h1 class="hidden">${t("cameras")}</h1>
        <div class="chips" role="group" aria-label=${t("by_state")}>${CONCERNS.map(chip)}</div>
        <label><span class="hidden">${t("kind")}</span><select @change=${(event) => filterBy({ kind: event.target.value })}>
          <option value="" ?selected=${!filter.kind}>${t("all_kinds")}</option>
          ${kinds.map((kind) => html`<option value=${kind} ?selected=${filter.kind === kind}>${kindName(kind)}</option>`)}</select></label>
        <label class="search"><span class="hidden">${t("search")}</span><input type="search" placeholder=${t("search_cameras")} .value=${filter.text}
          @input=${(event) => filterBy({ text: event.target.value })}></label>
        <span class="dim number" role="status">${t("n_of_cameras", { n: found.length, all: cameras.length })}</span>
        ${rights.sources ? html`<button type="button" class="primary" @click=${() => add(refresh)}>${t("add_camera")}</button>` : nothing}
      </div>
      ${failed ? html`<p class="notice bad" role="alert">${failed}</p>` : nothing}
      ${found.length ? html`<ul class="tiles">${repeat(found, (camera) => camera.id, tile)}</ul>` : html`<div class="empty"><h2>${t(cameras.length ? "no_camera_matches" : "no_cameras")}</h2></div>`}`, element);
    observe();
  }

  /** Tiles come and go with the filter; to watch one again that is watched changes nothing. */
  function observe() {
    for (const made of element.querySelectorAll(".tile")) watcher.observe(made);
  }

  function open(_parts, query) {
    for (const name of Object.keys(filter)) filter[name] = query.get(name) ?? "";
    left = false;
    clearInterval(clock);
    clock = setInterval(() => document.hidden || refresh(), FRESH_MS);
    redraw();
    return refresh();
  }

  function leave() {
    left = true;
    clearInterval(clock);
    watcher.disconnect();
    for (const { url } of shown.values()) if (url) URL.revokeObjectURL(url);
    shown.clear();
  }

  const search = () => element.querySelector("input[type=search]")?.focus();
  return {
    id: null, element, open, redraw, leave,
    heard: (event) => { if (event.type === "cameras" || event.type === "site") refresh(); },
    keys: () => ({ "/": { label: t("search"), does: search } }),
  };
}

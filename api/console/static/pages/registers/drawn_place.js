// Where an entry lies: an outline in a camera's picture, or an outline or point on the map.

import { picture as asPicture } from "../../core/api.js";
import { html, nothing } from "../../core/elements.js";
import { t } from "../../core/words.js";
import { map } from "../../map/map.js";
import { stage } from "../../stage/stage.js";
import { drawing } from "../cameras/editor/drawing.js";
import { RECTANGLE } from "../cameras/editor/outline.js";

const { L } = globalThis;
const BLANK = { src: "", width: 1280, height: 720 };

/** `now` is the entry; `drawn` its fields in the picture and on the map. `template()`, `shown()` after it was put there. */
export function drawnPlace({ now, drawn, cameras, fixed, redraw, refuse }) {
  let where = now[drawn.map] ? "map" : "picture";
  let loaded = null; // the camera whose picture is on the stage
  let url = "";
  let board = null;
  let ground = null;
  let pen = null;

  function begin() {
    if (board) return;
    board = stage({ role: () => "group", pans: (event) => pen?.pans(event) ?? true, moved: () => over() });
    pen = drawing({
      stage: board,
      shapes: () => (now[drawn.picture] ? [{ points: now[drawn.picture], name: now.name || now.id || "", tone: "zone" }, ...keepOuts()] : []),
      chosen: () => (fixed || !now[drawn.picture] ? -1 : 0),
      choose: () => {},
      shaped: (index, points) => {
        if (index === 0) now[drawn.picture] = points;
        else now.keep_out[index - 1] = points;
        redraw();
      },
      drawn: (points) => { now[drawn.picture] = points; redraw(); },
      refused: refuse,
      redraw,
    });
  }

  const keepOuts = () => (now.keep_out ?? []).map((points) => ({ points, name: t("keep_out"), tone: "privacy" }));
  const over = () => board?.picture && board.over(pen.over());

  async function load(id) {
    loaded = id;
    const camera = cameras.find((one) => one.id === id);
    board.show({ ...BLANK, ...(camera?.width ? { width: camera.width, height: camera.height } : {}), alt: t("seen_by", { camera: id }) });
    try {
      const next = await asPicture(`/v1/cameras/${encodeURIComponent(id)}/snapshot`);
      const image = new Image();
      image.src = next;
      await image.decode();
      if (loaded !== id) return URL.revokeObjectURL(next);
      URL.revokeObjectURL(url);
      url = next;
      board.show({ src: url, width: image.naturalWidth, height: image.naturalHeight, alt: t("seen_by", { camera: id }) });
      over();
    } catch {
      if (loaded === id) over();
    }
    return undefined;
  }

  /** In one of both alone: the other's fields go. */
  function choose(next) {
    where = next;
    if (next === "map") for (const name of ["camera", "preset", drawn.picture, "keep_out"]) delete now[name];
    else for (const name of [drawn.map, "keep_out_wgs84"]) delete now[name];
    redraw();
  }

  function camera(id) {
    now.camera = id;
    delete now.preset;
    redraw();
  }

  function picked(place) {
    const at = place.map((one) => Math.round(one * 1e6) / 1e6);
    now[drawn.map] = drawn.outline ? [...(now[drawn.map] ?? []), at] : at;
    redraw();
  }

  function back() {
    now[drawn.map] = now[drawn.map].slice(0, -1);
    if (!now[drawn.map].length) delete now[drawn.map];
    redraw();
  }

  function onMap() {
    ground ??= map({ label: () => t("map") });
    ground.pick(fixed ? null : picked);
    ground.drawn.clearLayers();
    const points = drawn.outline ? now[drawn.map] ?? [] : [now[drawn.map]].filter(Boolean);
    const at = points.map(([lon, lat]) => [lat, lon]);
    if (at.length > 2) L.polygon(at, { color: "#1b8a94", weight: 2 }).addTo(ground.drawn);
    for (const one of at) L.circleMarker(one, { radius: 5, color: "#1b8a94", fillOpacity: 1 }).addTo(ground.drawn);
    return ground.element;
  }

  function tools() {
    if (fixed) return nothing;
    if (where === "map") {
      return html`<div class="tools"><p class="hint">${t(drawn.outline ? "map_corners" : "map_point")}</p>${drawn.outline && now[drawn.map]?.length ? html`<button type="button" class="quiet" @click=${back}>${t("corner_back")}</button>` : nothing}</div>`;
    }
    if (!now.camera) return nothing;
    return pen.sketching ? html`<div class="tools"><p role="status">${t("drawing_help")}</p><button type="button" class="primary" @click=${pen.finish}>${t("finish")}</button>
        <button type="button" class="quiet" @click=${pen.back}>${t("corner_back")}</button><button type="button" class="quiet" @click=${pen.cancel}>${t("cancel")}</button></div>`
      : html`<div class="tools"><button type="button" class="choice" @click=${pen.begin}>${t(now[drawn.picture] ? "draw_anew" : "draw_outline")}</button>
        ${now[drawn.picture] ? nothing : html`<button type="button" class="quiet" @click=${() => { now[drawn.picture] = RECTANGLE; redraw(); }}>${t("put_rectangle")}</button>`}</div>`;
  }

  function template() {
    begin();
    const side = (value, word) => html`<label class="tick"><input type="radio" name="where" ?disabled=${fixed} .checked=${where === value} @change=${() => choose(value)}>${t(word)}</label>`;
    return html`<fieldset class="field place-field"><legend>${t("place")}</legend><div class="ticks">${side("picture", "in_picture")}${side("map", "on_map")}</div>
      ${where === "picture" ? html`<label class="field"><span>${t("camera")}</span><select name="camera" required ?disabled=${fixed} @change=${(event) => camera(event.target.value)}><option value="">${t("choose_camera")}</option>${cameras.map((one) => html`<option value=${one.id} ?selected=${one.id === now.camera}>${one.id}</option>`)}</select></label>
        ${now.camera ? html`<div class="room">${board.element}</div>` : nothing}` : html`<div class="room">${onMap()}</div>`}${tools()}</fieldset>`;
  }

  return {
    template,
    shown() {
      if (where === "picture" && now.camera && loaded !== now.camera) load(now.camera);
      else over();
    },
    get sketching() { return Boolean(pen?.sketching); },
    keys: () => (pen?.sketching ? { Enter: { label: t("finish"), does: pen.finish }, Escape: { label: t("cancel"), does: pen.cancel }, Backspace: { label: t("corner_back"), does: pen.back } } : {}),
    leave() {
      pen?.leave();
      ground?.close();
      URL.revokeObjectURL(url);
    },
  };
}

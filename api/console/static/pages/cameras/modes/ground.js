// Ground: points that picture and map both show, from which the place of what is seen is told.

import { html, nothing, svg, toast } from "../../../core/elements.js";
import { t } from "../../../core/words.js";
import { map } from "../../../map/map.js";
import { rounded } from "../editor/outline.js";
import { words } from "../overlay.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const STEP = 0.002;
const FAR = 0.02;
const TAP_PX = 5;
const FEWEST = 4;

export function groundMode(page) {
  const half = []; // points that have no place on the map yet: [u, v]
  let chosen = null;
  let drag = null;
  let pressed = null;
  let onMap = null; // made when it is first shown
  let marked = "";
  /** The list of the camera, or of the preset that is shown. */
  const of = (now) => (page.presets.length ? now?.presets.find((preset) => preset.name === page.preset) : now);
  const whole = () => of(page.draft?.now)?.ground ?? [];
  const all = () => [...whole(), ...half];
  const put = (name, points) => page.draft.step(name, (now) => { of(now).ground = points; });

  /** A point's numbers; it joins the draft once it has all four. */
  function set(at, next, name = "") {
    const count = whole().length;
    if (at < count) return put(name && `${name} of point ${at}`, whole().map((point, i) => (i === at ? next : point)));
    if (next[2] == null || next[3] == null) {
      half[at - count] = next;
      return page.redraw();
    }
    half.splice(at - count, 1);
    chosen = count;
    return put("", [...whole(), next]);
  }

  function add(at) {
    half.push(rounded(at));
    choose(all().length - 1);
  }

  function remove(at) {
    const count = whole().length;
    chosen = null;
    if (at < count) put("", whole().filter((_, i) => i !== at));
    else half.splice(at - count, 1);
    page.redraw();
  }

  function choose(at) {
    chosen = at;
    page.redraw();
  }

  /** The map takes places in WGS 84, which CGCS2000 is at our accuracy; others are written as numbers. */
  const system = () => page.draft?.now.place?.crs ?? "WGS84";
  const mappable = () => ["WGS84", "CGCS2000"].includes(system());
  const degrees = (value) => Math.round(value * 1e7) / 1e7;

  function mapped() {
    onMap ??= map({ label: () => t("mode_ground") });
    const points = all().map((point, at) => ({ id: String(at), lon: point[2], lat: point[3], mark: "point", tone: "info", label: t("point_n", { n: at + 1 }) }))
      .filter((point) => point.lon != null && point.lat != null);
    const next = JSON.stringify([points, chosen, page.fixed]);
    if (next !== marked) {
      marked = next;
      onMap.show(points);
      onMap.select(chosen === null ? null : String(chosen));
      onMap.pick(chosen === null || page.fixed ? null : ([lon, lat]) => { if (all()[chosen]) set(chosen, [...all()[chosen].slice(0, 2), degrees(lon), degrees(lat)]); });
    }
    return html`<div class="map-room">${onMap.element}</div>`;
  }

  const down = (event) => { pressed = [event.clientX, event.clientY]; };
  function up(event) {
    const moved = pressed ? Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) : Infinity;
    pressed = null;
    if (moved > TAP_PX || page.fixed || !event.target.closest("svg")) return;
    add(page.stage.point(event));
  }
  page.stage.element.addEventListener("pointerdown", down);
  page.stage.element.addEventListener("pointerup", up);

  function grab(event, at) {
    event.stopPropagation();
    choose(at);
    if (page.fixed) return;
    event.target.setPointerCapture(event.pointerId);
    drag = { at, uv: all()[at] };
  }
  function pull(event) {
    if (!drag) return;
    drag.uv = rounded(page.stage.point(event));
    page.redraw();
  }
  function release() {
    if (!drag) return;
    const { at, uv } = drag;
    drag = null;
    set(at, [uv[0], uv[1], ...all()[at].slice(2)]);
  }
  function pushed(event, at) {
    const arrow = ARROWS[event.key];
    if (["Delete", "Backspace"].includes(event.key)) remove(at);
    else if (arrow) {
      const by = event.shiftKey ? FAR : STEP;
      const [u, v, ...rest] = all()[at];
      set(at, [...rounded([u + arrow[0] * by, v + arrow[1] * by]), ...rest], "arrow");
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function over() {
    const { picture, grain } = page.stage;
    return svg`${all().map((point, at) => {
      const [u, v] = drag?.at === at ? drag.uv : point;
      const [x, y] = [u * picture.width, v * picture.height];
      return svg`<g data-grip class="grip corner ground-point ${at === chosen ? "chosen" : ""} ${point[2] == null ? "half" : ""}" tabindex="0" role="button" aria-pressed=${at === chosen}
        aria-label=${t("point_at", { n: at + 1, x: Math.round(u * 100), y: Math.round(v * 100) })} @keydown=${(event) => pushed(event, at)} @focus=${() => at !== chosen && choose(at)}
        @pointerdown=${(event) => grab(event, at)} @pointermove=${pull} @pointerup=${release} @pointercancel=${release}>
        <circle class="reach" cx=${x} cy=${y} r=${13 * grain}></circle><circle class="dot" cx=${x} cy=${y} r=${7 * grain}></circle>${words(String(at + 1), [u, v - (6 * grain) / picture.height], picture, grain)}</g>`;
    })}`;
  }

  const numbers = (point, at) => {
    const input = (i, label, low, high) => html`<input type="number" step="any" min=${low} max=${high} aria-label=${`${t("point_n", { n: at + 1 })} ${label}`} placeholder=${label} ?disabled=${page.fixed}
      .value=${point[i] == null ? "" : String(i < 2 ? Math.round(point[i] * 1e4) / 100 : point[i])}
      @change=${(event) => { const next = [...point]; while (next.length < 4) next.push(null); next[i] = event.target.value === "" ? null : Number(event.target.value) / (i < 2 ? 100 : 1); set(at, next); }}>`;
    return html`<li class=${at === chosen ? "chosen" : ""}><button type="button" class="number point-number" aria-pressed=${at === chosen} aria-label=${t("point_n", { n: at + 1 })} @click=${() => choose(at)}>${at + 1}</button>
      ${input(0, t("across"), 0, 100)}${input(1, t("down"), 0, 100)}${input(2, t("lon"), -180, 180)}${input(3, t("lat"), -90, 90)}
      <button type="button" class="quiet" ?disabled=${page.fixed} aria-label=${t("remove_point", { n: at + 1 })} @click=${() => remove(at)}>×</button></li>`;
  };

  function state() {
    const error = (page.presets.length ? page.setup?.presets?.find((preset) => preset.name === page.preset) : page.setup)?.ground_error_m;
    const wrong = page.saving.wrong(page.presets.length ? `presets/${page.presets.findIndex((preset) => preset.name === page.preset)}/ground` : "ground");
    const missing = all().length && whole().length < FEWEST ? FEWEST - whole().length : 0;
    return html`${half.map((_, i) => html`<p class="hint">${t("point_incomplete", { n: whole().length + i + 1 })}</p>`)}
      ${missing ? html`<p class="hint">${t("points_missing", { n: missing })}</p>` : nothing}
      ${error != null && !page.draft.touched.includes("ground") ? html`<p><span class="tag good">${t("ground_error", { m: Math.round(error * 10) / 10 })}</span></p>` : nothing}
      ${wrong.map((detail) => html`<p class="error" role="alert">${detail}</p>`)}`;
  }

  function clear() {
    half.length = 0;
    chosen = null;
    put("", []);
    toast(t("points_removed"));
  }

  return {
    bound: true,
    edits: true,
    over,
    side: () => (page.draft ? html`<p class="hint">${t("ground_help")}</p>
      <div class="tools"><p role="status">${page.fixed ? nothing : chosen !== null && all()[chosen]?.[2] == null ? t("point_on_map") : t("point_on_picture")}</p>
        <button type="button" class="quiet" ?disabled=${page.fixed} @click=${() => add([0.5, 0.7])}>${t("add_point")}</button>
        ${all().length ? html`<button type="button" class="quiet" ?disabled=${page.fixed} @click=${clear}>${t("remove_ground")}</button>` : nothing}</div>
      ${mappable() ? mapped() : html`<p class="hint">${t("no_map", { crs: system() })}</p>`}
      <ol class="points"><li class="heads" aria-hidden="true"><span></span><span>${t("across")}</span><span>${t("down")}</span><span>${t("lon")}</span><span>${t("lat")}</span><span></span></li>${all().map(numbers)}</ol>${state()}` : html`<p class="hint">${t("no_setup")}</p>`),
    keys: () => (chosen === null ? {} : { Escape: { label: t("choose_none"), does: () => choose(null) } }),
    themed: () => onMap?.redraw(),
    leave() {
      onMap?.close();
      page.stage.element.removeEventListener("pointerdown", down);
      page.stage.element.removeEventListener("pointerup", up);
    },
  };
}

// The map: cases and cameras over the site's own background, drawn on a canvas by Leaflet. It asks no
// other server for anything unless the site file names one for tiles; with nothing behind it, it has a
// grid of degrees and a scale.

import "../vendor/leaflet/leaflet.js";
import { get } from "../core/api.js";
import { html, nothing, render } from "../core/elements.js";
import { t } from "../core/words.js";
import { background } from "./background.js";
import { clusters } from "./clusters.js";
import { mark } from "./marks.js";

const { L } = globalThis;
const CLOSEST = 19;
const LISTED = 12;
let asked = null;

/** What `/v1/map` says, asked once: null where the server has none. */
function mapOfSite() {
  asked ??= get("/v1/map").catch((error) => {
    asked = null;
    if (error.status === 404) return null;
    throw error;
  });
  return asked;
}

/**
 * A map: `element`, to be put where it has a height.
 * `show(points)`: what lies on it: `{id, lon, lat, mark, tone, label, href}`, WGS 84 degrees; `mark` is a
 * kind or `camera`, `point`; `tone` a state colour of the style (`warn`, `good`, `bad`, `info`, `dim`).
 * `select(id)` draws a ring around one. `fit()` shows all. `pick(fn)` calls `fn([lon, lat])` for each place
 * that somebody picks, until `pick(null)`. `drawn(group)`: Leaflet layers of whoever draws more.
 * `redraw()` in another theme or language, `close()` at the end. `opened(point)`: somebody chose one.
 */
export function map({ label = () => t("map"), opened = () => {}, cameras = true } = {}) {
  const element = document.createElement("div");
  element.className = "map";
  const ground = document.createElement("div");
  ground.className = "map-ground";
  ground.tabIndex = 0;
  ground.setAttribute("role", "application");
  const over = document.createElement("div");
  over.className = "map-over";
  element.append(ground, over);
  const leaflet = L.map(ground, {
    maxZoom: CLOSEST, minZoom: 3, zoomControl: false, attributionControl: false, zoomSnap: 0.5, preferCanvas: true,
    fadeAnimation: false, zoomAnimation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
  }).setView([31, 113], 4);
  leaflet.createPane("marks").style.zIndex = "450";
  const canvas = L.canvas({ pane: "marks", padding: 0.3, tolerance: 6 });
  const marks = L.layerGroup().addTo(leaflet);
  const drawn = L.featureGroup().addTo(leaflet);
  L.control.scale({ imperial: false, position: "bottomleft" }).addTo(leaflet);
  let behind = null;
  let closed = false;
  let places = [];
  let points = [];
  let selected = null;
  let picked = null;
  let framed = false;
  let attribution = "";

  const ready = mapOfSite().catch(() => null).then((site) => {
    if (closed) return; // whoever wanted it has left
    attribution = site?.attribution ?? "";
    behind = background(leaflet, site);
    places = cameras ? (site?.cameras ?? []).map((one) => ({ ...one, mark: "camera", tone: "dim", label: one.id, href: `#/cameras/${encodeURIComponent(one.id)}` })) : [];
    say();
    if (!framed) frame();
    draw();
  });

  function say() {
    ground.setAttribute("aria-label", `${label()}. ${picked ? t("map_pick") : t("map_help")}`);
    render(html`<div class="map-tools" role="group" aria-label=${t("zoom")}>
        <button type="button" aria-label=${t("zoom_in")} @click=${() => leaflet.zoomIn()}>+</button>
        <button type="button" aria-label=${t("zoom_out")} @click=${() => leaflet.zoomOut()}>−</button>
        <button type="button" aria-label=${t("map_fit")} @click=${fit}>⤢</button></div>
      ${picked ? html`<span class="map-cross" aria-hidden="true">＋</span><p class="map-hint">${t("map_pick")}</p>` : nothing}
      ${attribution ? html`<small class="map-from">${attribution}</small>` : nothing}`, over);
  }

  /** What is shown: on its own where there is a case, with the cameras where there is none. */
  function bounds() {
    const shown = points.length ? points : places;
    const all = L.latLngBounds(shown.map((one) => [one.lat, one.lon]));
    for (const layer of drawn.getLayers()) all.extend(layer.getBounds?.() ?? layer.getLatLng());
    return all.isValid() ? all : behind?.bounds() ?? null;
  }

  function frame() {
    const all = bounds();
    if (!all) return;
    framed = points.length > 0;
    leaflet.fitBounds(all.pad(0.08), { maxZoom: 17, animate: false });
  }

  function fit() {
    leaflet.invalidateSize({ animate: false });
    frame();
  }

  function draw() {
    marks.clearLayers();
    for (const place of places) add([place]);
    for (const group of clusters(points, leaflet)) add(group);
  }

  function add(group) {
    const chosen = group.some((one) => one.id === selected);
    const made = mark(group, { renderer: canvas, pane: "marks", chosen }).addTo(marks);
    made.on("click", (event) => {
      if (picked) return;
      L.DomEvent.stop(event);
      if (group.length === 1) return open(group[0]);
      const around = L.latLngBounds(group.map((one) => [one.lat, one.lon]));
      const apart = around.getNorthEast().distanceTo(around.getSouthWest()) > 3;
      if (apart && leaflet.getZoom() < CLOSEST) leaflet.fitBounds(around.pad(0.2), { maxZoom: CLOSEST });
      else list(group, made.getLatLng());
    });
    if (group.length === 1) made.bindTooltip(text(group[0].label), { direction: "top", offset: [0, -8] });
  }

  /** As an element: what a camera is called is text and never markup. */
  function text(words) {
    const span = document.createElement("span");
    span.textContent = words;
    return span;
  }

  function open(point) {
    if (point.href && point.mark === "camera") location.hash = point.href.slice(1);
    else opened(point);
  }

  /** Several at one place, as the cases of one camera are. */
  function list(group, where) {
    const box = document.createElement("div");
    const more = group.length - LISTED;
    render(html`<b>${t("map_here", { count: group.length })}</b><ul class="map-list">${group.slice(0, LISTED).map((one) => html`<li>
      <button type="button" class="link" @click=${() => { leaflet.closePopup(); open(one); }}>${one.label}</button></li>`)}</ul>
      ${more > 0 ? html`<small>${t("map_more", { count: more })}</small>` : nothing}`, box);
    L.popup({ maxHeight: 260, autoPanPadding: [20, 20] }).setLatLng(where).setContent(box).openOn(leaflet);
    box.querySelector("button").focus();
  }

  leaflet.on("zoomend", draw);
  leaflet.on("click", (event) => picked?.([event.latlng.lng, event.latlng.lat]));
  ground.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !picked || event.target !== ground) return;
    event.preventDefault();
    const middle = leaflet.getCenter();
    picked([middle.lng, middle.lat]);
  });
  const resized = new ResizeObserver(() => {
    leaflet.invalidateSize({ animate: false });
    if (!framed) frame();
  });
  resized.observe(ground);
  say();

  return {
    element, leaflet, drawn, ready, fit, focus: () => ground.focus(),
    show(next, { still = false } = {}) {
      framed ||= still; // who sets the view is not moved by what is put on it
      const before = points.length;
      points = next;
      if (!before && !framed) frame();
      draw();
    },
    select(id) {
      selected = id;
      draw();
    },
    pick(fn) {
      picked = fn;
      element.classList.toggle("picks", Boolean(fn));
      say();
    },
    redraw() {
      behind?.redraw();
      say();
      draw();
    },
    close() {
      closed = true;
      resized.disconnect();
      leaflet.remove();
    },
  };
}

// What lies behind the marks: the site's own drawing, tiles where it names some, else a grid of degrees.

import "../vendor/leaflet/leaflet.js";
import { colour } from "../core/colour.js";

const { L } = globalThis;
const NAMES_FROM = 15;
const LINES = 8;
const MOST_NAMES = 60;
/** Colours are the style's, `map-…`; widths in pixels at a street's zoom. */
const LOOKS = {
  road: { line: "map-road", weight: 6 },
  lane: { line: "map-road", weight: 3 },
  rail: { line: "map-border", weight: 2, dashArray: "6 4" },
  water: { fill: "map-water", line: "map-water", weight: 8 },
  green: { fill: "map-green" },
  building: { fill: "map-building" },
  border: { line: "map-border", weight: 2, dashArray: "2 5" },
};
const ORDER = Object.keys({ green: 0, water: 0, building: 0, lane: 0, road: 0, rail: 0, border: 0 });

/** Draw it behind everything else; `redraw()` in the theme that holds, `bounds()` of the drawing. */
export function background(leaflet, site) {
  leaflet.createPane("behind").style.zIndex = "250";
  leaflet.createPane("names").style.zIndex = "300";
  leaflet.getPane("names").style.pointerEvents = "none";
  const renderer = L.canvas({ pane: "behind", padding: 0.3 });
  const names = L.layerGroup().addTo(leaflet);
  if (site?.tiles) L.tileLayer(site.tiles, { maxZoom: 22, maxNativeZoom: 18 }).addTo(leaflet);
  const features = [...(site?.background?.features ?? [])].sort((a, b) => ORDER.indexOf(a.properties.kind) - ORDER.indexOf(b.properties.kind));
  const drawn = features.length
    ? L.geoJSON({ type: "FeatureCollection", features }, {
      renderer, pane: "behind", interactive: false, style: (feature) => look(feature, leaflet.getZoom()),
      pointToLayer: (_, at) => L.circleMarker(at, { radius: 2, renderer, pane: "behind", interactive: false }),
    }).addTo(leaflet)
    : null;
  const grid = !drawn && !site?.tiles ? L.layerGroup().addTo(leaflet) : null;

  function redraw() {
    drawn?.setStyle((feature) => look(feature, leaflet.getZoom()));
    write();
    lines();
  }

  /** The streets' names, where they can be read. */
  function write() {
    names.clearLayers();
    if (!drawn || leaflet.getZoom() < NAMES_FROM) return;
    const seen = new Set();
    const window_ = leaflet.getBounds();
    drawn.eachLayer((layer) => {
      const name = layer.feature.properties.name;
      if (!name || seen.has(name) || seen.size > MOST_NAMES || !window_.intersects(layer.getBounds())) return;
      seen.add(name);
      const at = layer.feature.geometry.type === "LineString" ? middle(layer.getLatLngs(), window_) : layer.getBounds().getCenter();
      const span = document.createElement("span");
      span.textContent = name;
      L.marker(at, { interactive: false, keyboard: false, pane: "names", icon: L.divIcon({ className: "map-name", html: span, iconSize: [0, 0] }) }).addTo(names);
    });
  }

  /** A grid of degrees, for a map that has nothing else. */
  function lines() {
    if (!grid) return;
    grid.clearLayers();
    const seen = leaflet.getBounds();
    const step = stepOf((seen.getEast() - seen.getWest()) / LINES);
    const style = { renderer, pane: "behind", interactive: false, color: colour("line"), weight: 1 };
    const along = (from, to) => Array.from({ length: Math.ceil((to - from) / step) + 1 }, (_, at) => Math.floor(from / step) * step + at * step);
    for (const lon of along(seen.getWest(), seen.getEast())) {
      L.polyline([[seen.getSouth(), lon], [seen.getNorth(), lon]], style).addTo(grid);
      tick([seen.getSouth(), lon], lon, "east");
    }
    for (const lat of along(seen.getSouth(), seen.getNorth())) {
      L.polyline([[lat, seen.getWest()], [lat, seen.getEast()]], style).addTo(grid);
      tick([lat, seen.getEast()], lat, "north");
    }
  }

  function tick(at, degrees, way) {
    const span = document.createElement("span");
    span.textContent = `${degrees.toFixed(4).replace(/\.?0+$/, "")}°`;
    L.marker(at, { interactive: false, keyboard: false, pane: "names", icon: L.divIcon({ className: `map-tick ${way}`, html: span, iconSize: [0, 0] }) }).addTo(grid);
  }

  leaflet.on("moveend zoomend", redraw);
  redraw();
  return { redraw, bounds: () => drawn?.getBounds() ?? null };
}

function look(feature, zoom) {
  const { line = "map-border", fill = null, weight = 1, dashArray = null } = LOOKS[feature.properties.kind] ?? {};
  const area = /Polygon/.test(feature.geometry.type);
  const scale = Math.min(2.5, Math.max(0.3, 2 ** ((zoom - 16) * 0.7)));
  return {
    stroke: !area || !fill, color: colour(line), weight: Math.max(1, weight * scale), dashArray,
    fill: area && Boolean(fill), fillColor: fill ? colour(fill) : null, fillOpacity: 1, lineCap: "round", lineJoin: "round",
  };
}

/** A corner of a line near the middle of what is seen of it. */
function middle(corners, seen) {
  const [a, b] = corners.length > 2 ? corners.slice((corners.length >> 1) - 1) : corners;
  const half = L.latLng((a.lat + b.lat) / 2, (a.lng + b.lng) / 2);
  return seen.contains(half) ? half : corners.find((corner) => seen.contains(corner)) ?? half;
}

/** 1, 2 or 5 times a power of ten, the next one up. */
function stepOf(least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1e-6)));
  return power * ([1, 2, 5, 10].find((one) => one * power >= least) ?? 10);
}

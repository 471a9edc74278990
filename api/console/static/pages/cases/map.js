// The cases of a list on the map; the chosen one beside it.

import { get } from "../../core/api.js";
import { html, nothing, render } from "../../core/elements.js";
import { when } from "../../core/format.js";
import { pill, toneOf } from "../../core/stages.js";
import { kindName, knownKinds, subtypeName, t } from "../../core/words.js";
import { map } from "../../map/map.js";
import { sign } from "../../map/marks.js";

const MOST = 2000;
const GEODETIC = ["WGS84", "CGCS2000"];

/** `element`, `show(query, rows)`, `redraw()`, `close()`; `near([lon, lat])` is called with a place to search around. */
export function caseMap({ near }) {
  const element = document.createElement("div");
  element.className = "case-map";
  const made = map({ label: () => t("map_cases"), opened: choose });
  const side = document.createElement("div");
  side.className = "map-side";
  element.append(made.element, side);
  let chosen = null;
  let shown = { points: [], more: false };
  let picking = false;

  async function show(query, rows) {
    const found = await get("/v1/cases.geojson", { ...query, order: "", limit: MOST }).catch((error) => {
      if (error.status !== 404) throw error;
      return null;
    });
    shown = found ? { points: found.features.map(fromFeature), more: found.more } : { points: rows.filter((one) => GEODETIC.includes(one.crs)).map(fromRow), more: !rows.ended };
    if (!shown.points.some((one) => one.id === chosen?.id)) chosen = null;
    made.show(shown.points);
    draw();
  }

  const point = (id, lon, lat, of) => ({ id, lon, lat, of, mark: of.kind, tone: toneOf(of.stage), label: `${kindName(of.kind)} · ${t(of.stage)} · ${when(of.first_seen)}` });
  const fromRow = (row) => point(row.case_id, row.lon, row.lat, row);
  const fromFeature = ({ id, properties, geometry }) => point(id, ...geometry.coordinates, properties);

  function choose(one) {
    chosen = one;
    made.select(one.id);
    draw();
    side.querySelector("a")?.focus();
  }

  function pick() {
    picking = !picking;
    made.pick(picking ? (place) => { pick(); near(place); } : null);
    if (picking) made.focus();
    draw();
  }

  function draw() {
    render(html`<p class="dim" role="status">${shown.points.length ? t("map_count", { count: shown.points.length }) : t("map_empty")}${shown.more ? ` · ${t("map_first")}` : ""}</p>
      <button type="button" class="more" aria-pressed=${picking ? "true" : "false"} @click=${pick}>${t("near_pick")}</button>
      ${chosen ? html`<article class="chosen"><a href="#/cases/${chosen.id}"><b>${kindName(chosen.of.kind)}</b></a> ${pill(chosen.of.stage)}
        <small>${subtypeName(chosen.of.kind, chosen.of.subtype)} · ${when(chosen.of.first_seen)}</small><small>${[chosen.of.camera, chosen.of.address].filter(Boolean).join(" · ")}</small></article>` : nothing}
      <dl class="legend">${knownKinds().map(({ name }) => html`<dt>${sign(name)}</dt><dd>${kindName(name)}</dd>`)}</dl>`, side);
  }

  draw();
  return { element, show, redraw() { made.redraw(); shown.points = shown.points.map((one) => point(one.id, one.lon, one.lat, one.of)); made.show(shown.points); draw(); }, close: made.close };
}

// Live: what the camera is looked at, what the rules have under way in it, and what else concerns it.

import { get } from "../../../core/api.js";
import { html, nothing, svg } from "../../../core/elements.js";
import { dayStart, lasting, percent, when } from "../../../core/format.js";
import { className, kindName, t } from "../../../core/words.js";
import { hoursWords } from "../editor/hours.js";
import { WHOLE } from "../editor/outline.js";
import { boxed, outline } from "../overlay.js";
import { facts, seconds } from "../state.js";

const LAYERS = ["places", "objects", "zones", "permits", "privacy"];
const MOST_CASES = 20;
const NAMED_PX = 48; // of the screen: as wide as a short name

/** Whether a clock has been told; how far it has come, from 0 to 1. */
const share = (place) => Math.min(
  place.dwell_needed_s ? place.dwell_s / place.dwell_needed_s : 1,
  place.looks_needed ? place.looks / place.looks_needed : 1,
);
const decided = (place) => place.state === "confirmed" || place.state === "clearing";
const clockWords = (place) => (decided(place) ? [lasting(Math.floor(place.dwell_s)), t("looks_had", { n: place.looks })] : [
  place.dwell_needed_s ? `${lasting(Math.floor(place.dwell_s))} / ${lasting(place.dwell_needed_s)}` : "",
  place.looks_needed ? t("looks_of", { n: place.looks, needed: place.looks_needed }) : "",
]).filter(Boolean).join(" · ");

export function liveMode(page) {
  const on = { places: true, objects: true, zones: true, permits: false, privacy: false };
  const about = { cases: null, file: null, permits: null };
  let left = false;
  load();

  async function load() {
    const today = new Intl.DateTimeFormat("en-CA", { timeZone: page.site.timezone }).format(new Date());
    const wanted = {
      cases: get("/v1/cases", { camera: page.id, since: dayStart(today), limit: MOST_CASES }).then((list) => list.items),
      file: get(`${page.path}/admissibility`),
      permits: get("/v1/registers/permits").then((list) => (list.items ?? list.permits ?? []).filter(covers)),
    };
    await Promise.all(Object.entries(wanted).map(async ([name, answer]) => { about[name] = await answer.catch(() => null); }));
    if (!left) page.redraw();
  }

  /** Drawn in this camera's picture, or on the map, where the ground of the picture is known. */
  const covers = (permit) => permit.camera === page.id || (permit.polygon_wgs84 && Boolean(page.setup?.ground?.length || page.setup?.presets?.some((preset) => preset.ground?.length)));

  const sight = () => page.latest?.sight ?? null;
  const here = (thing) => !page.presets.length || thing.preset === (sight()?.preset ?? null);

  /** A thing's name stands over it where it has room; else names of a crowd hide what they name. */
  const named = ({ box: [x1, , x2], class: what, score }, { width }, grain) =>
    (((x2 - x1) * width) / grain < NAMED_PX ? "" : `${className(what)} ${percent(score)}`);

  function over() {
    const { picture, grain } = page.stage;
    const setup = page.setup;
    const seen = sight();
    const zones = on.zones ? (setup?.zones ?? []).filter(here) : [];
    const hidden = on.privacy ? [...(setup?.privacy ?? []), ...(setup?.presets ?? []).filter((preset) => preset.name === seen?.preset).flatMap((preset) => preset.privacy ?? [])] : [];
    const permits = on.permits ? (about.permits ?? []).filter((permit) => permit.polygon && here(permit)) : [];
    return svg`${zones.map((zone) => outline(zone.polygon ?? WHOLE, picture, grain, { tone: "zone", name: zone.name }))}
      ${hidden.map((points) => outline(points, picture, grain, { tone: "hide" }))}
      ${permits.map((permit) => outline(permit.polygon, picture, grain, { tone: "permit", name: permit.name }))}
      ${on.objects ? (seen?.objects ?? []).map((object) => boxed(object.box, picture, grain, { tone: "object", text: named(object, picture, grain) })) : nothing}
      ${on.places ? (seen?.places ?? []).map((place) => boxed(place.box, picture, grain, { tone: place.state, text: `${kindName(place.kind)} · ${clockWords(place)}`, done: share(place) })) : nothing}`;
  }

  const underWay = (places) => html`<section class="block"><h2>${t("under_way")}</h2>
    ${places.length ? html`<ul class="places">${places.map((place) => html`<li><button type="button" class="place ${place.state}" @click=${() => page.stage.closeUp(place.box)}>
      <b>${kindName(place.kind)}</b><span class="tag">${t(`place_${place.state}`)}</span><small>${place.zone}</small><small class="number">${clockWords(place)}</small>
      <progress max="1" value=${share(place)} aria-label=${t("clock_of", { kind: kindName(place.kind) })}></progress></button></li>`)}</ul>`
    : html`<p class="dim">${t("nothing_under_way")}</p>`}</section>`;

  const stateOf = (seen) => {
    const rows = [
      [t("last_look"), seen ? `${when(seen.captured_at, true).slice(11)}${seen.load?.age_s != null ? ` · ${t("old_by", { age: seconds(seen.load.age_s) })}` : ""}` : when(page.camera.last_frame_at, true)],
      [t("pace_wanted"), seen?.load?.analyse_fps ?? page.setup?.analyse_fps ?? null],
      [t("preset"), seen?.preset ?? page.camera.preset],
      [t("counts"), facts({ ...page.camera, preset: null })],
      [t("source"), page.camera.source],
      [t("fault"), page.camera.error],
    ];
    return html`<section class="block"><h2>${t("state")}</h2><dl class="facts">${rows.filter(([, value]) => value).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></section>`;
  };

  const todays = () => html`<section class="block"><h2>${t("cases_today")}</h2>${about.cases === null ? html`<p class="dim">${t("loading")}</p>`
    : about.cases.length ? html`<ul class="links">${about.cases.map((each) => html`<li><a href=${`#/cases/${each.id}`}><span class="number">${when(each.first_seen ?? each.when?.first_seen ?? each.opened_at).slice(-5)}</span><span>${kindName(each.kind)}</span><span class="pill">${t(each.stage)}</span></a></li>`)}</ul>`
      : html`<p class="dim">${t("no_cases_today")}</p>`}</section>`;

  const permits = () => (about.permits === null ? nothing : html`<section class="block"><h2>${t("permits_here")}</h2>${about.permits.length
    ? html`<ul class="lines">${about.permits.map((permit) => html`<li><b>${permit.name}</b><small>${hoursWords(permit.hours)}${permit.valid ? ` · ${permit.valid.replace("/", " – ")}` : ""}</small></li>`)}</ul>`
    : html`<p class="dim">${t("no_permits_here")}</p>`}</section>`);

  const file = () => (about.file === null ? nothing : html`<section class="block"><h2>${t("device_file")}</h2>
    <p><span class="tag ${about.file.complete ? "good" : "warn"}">${t(about.file.complete ? "file_complete" : "file_lacks")}</span></p>
    ${about.file.missing.length ? html`<ul class="lines">${about.file.missing.map((lack) => html`<li><small>${document.documentElement.lang === "zh" ? lack.zh : lack.en}</small></li>`)}</ul>` : nothing}
    <a class="link" href=${`#/cameras/${encodeURIComponent(page.id)}/settings`}>${t("to_file")}</a></section>`);

  return {
    over,
    under: () => html`<div class="chips" role="group" aria-label=${t("layers")}>${LAYERS.filter((name) => name !== "permits" || about.permits?.length).map((name) => html`
      <button type="button" class="chip ${name}" aria-pressed=${on[name]} @click=${() => { on[name] = !on[name]; page.redraw(); }}>${t(`layer_${name}`)}</button>`)}</div>`,
    side: () => html`${sight() ? underWay(sight().places ?? []) : nothing}${stateOf(sight())}${todays()}${permits()}${file()}`,
    heard: (event) => { if (event.type === "case") load(); },
    leave: () => { left = true; },
  };
}

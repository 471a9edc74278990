// Settings: where the camera stands, how often it is looked at, its admissibility file; its removal.

import { ask } from "../../../core/api.js";
import { divisionPath } from "../../../core/divisions.js";
import { dialog, html, nothing, toast } from "../../../core/elements.js";
import { explained } from "../failure.js";
import { t } from "../../../core/words.js";
import { day, field, number, text } from "../editor/fields.js";

const SYSTEMS = ["WGS84", "CGCS2000", "GCJ02", "BD09"];
const ACTS = ["legal_review", "technical_review", "sign", "published", "calibration"];

export function settingsMode(page) {
  const now = () => page.draft?.now ?? {};
  const wrong = (path) => page.saving.wrong(path);
  const set = (name, value) => page.draft.step(name, (draft) => { draft[name] = value; });

  function place(name, value) {
    page.draft.step(`place ${name}`, (draft) => {
      draft.place = { ...draft.place, [name]: value };
      if (value === null || value === "") delete draft.place[name];
      if (!Object.keys(draft.place).length) draft.place = null;
    });
  }

  function department(name, value) {
    const both = { ...now().place?.department, [name]: value };
    place("department", both.code || both.name ? both : null);
  }

  function act(name, part, value) {
    page.draft.step(`${name} ${part}`, (draft) => {
      const { [part]: _old, ...rest } = draft.admissibility?.[name] ?? {};
      const next = value ? { ...rest, [part]: value } : rest;
      draft.admissibility = { valid: "", ...draft.admissibility, [name]: next };
      if (!Object.keys(next).length) delete draft.admissibility[name];
      if (!draft.admissibility.valid && Object.keys(draft.admissibility).length === 1) draft.admissibility = null;
    });
  }

  function valid(first, last) {
    page.draft.step("valid", (draft) => {
      draft.admissibility = { ...draft.admissibility, valid: first || last ? `${first || last}/${last || first}` : "" };
    });
  }

  const whereabouts = (fixed) => {
    const at = now().place ?? {};
    return html`<section class="block"><h2>${t("place")}</h2>
      <div class="pair">${number(t("lon"), at.lon, (value) => place("lon", value), { min: -180, max: 180, wrong: wrong("place/lon"), fixed })}${number(t("lat"), at.lat, (value) => place("lat", value), { min: -90, max: 90, wrong: wrong("place/lat"), fixed })}</div>
      ${field(t("crs"), html`<select ?disabled=${fixed} @change=${(event) => place("crs", event.target.value)}>${SYSTEMS.map((name) => html`<option ?selected=${(at.crs ?? "WGS84") === name}>${name}</option>`)}</select>`, { hint: t("crs_help"), wrong: wrong("place/crs") })}
      ${text(t("address"), at.address, (value) => place("address", value), { wrong: wrong("place/address"), fixed })}
      <div class="pair">${text(t("grid"), at.grid, (value) => place("grid", value), { longest: 15, hint: t("grid_help"), wrong: wrong("place/grid"), fixed })}${text(t("division_code"), at.division, (value) => place("division", value), { longest: 32, hint: at.division && divisionPath(at.division), wrong: wrong("place/division"), fixed })}</div>
      <div class="pair">${text(t("department_code"), at.department?.code, (value) => department("code", value), { longest: 18, hint: t("department_help"), wrong: wrong("place/department/code"), fixed })}${text(t("department"), at.department?.name, (value) => department("name", value), { wrong: wrong("place/department/name"), fixed })}</div></section>`;
  };

  const pace = (fixed) => html`<section class="block"><h2>${t("pace_title")}</h2>
    <div class="pair">${number(t("analyse_fps"), now().analyse_fps, (value) => set("analyse_fps", value), { min: 0.01, max: 60, placeholder: 1, hint: t("analyse_fps_help"), wrong: wrong("analyse_fps"), fixed })}
    ${number(t("candidate_fps"), now().candidate_fps, (value) => set("candidate_fps", value), { min: 0.01, max: 60, hint: t("candidate_fps_help"), wrong: wrong("candidate_fps"), fixed })}</div></section>`;

  const file = (fixed) => {
    const [first = "", last = ""] = (now().admissibility?.valid ?? "").split("/");
    const one = (name) => {
      const own = now().admissibility?.[name] ?? {};
      const at = (part) => wrong(`admissibility/${name}/${part}`);
      return html`<fieldset class="act"><legend>${t(`act_${name}`)}</legend>
        ${text(t("act_by"), own.by, (value) => act(name, "by", value), { wrong: at("by"), fixed })}${day(t("act_on"), own.on, (value) => act(name, "on", value), { wrong: at("on"), fixed })}
        ${day(t("act_until"), own.until, (value) => act(name, "until", value), { wrong: at("until"), fixed })}${text(t("act_document"), own.document, () => {}, { wrong: at("document"), fixed: true, placeholder: t("by_hand") })}</fieldset>`;
    };
    return html`<section class="block wide-block"><h2>${t("device_file")}</h2><p class="hint">${t("device_file_help")} ${t("documents_help")}</p>
      <div class="pair">${day(t("valid_from"), first, (value) => valid(value, last), { fixed, wrong: wrong("admissibility/valid") })}${day(t("valid_until"), last, (value) => valid(first, value), { fixed })}</div>
      ${ACTS.map(one)}</section>`;
  };

  async function remove() {
    try {
      await ask(page.path, { method: "DELETE" });
      toast(t("camera_removed", { camera: page.id }), "good");
      location.hash = "#/cameras";
    } catch (error) {
      if (error.status !== 401) toast(explained(error), "bad");
    }
  }

  function confirmRemoval() {
    const box = dialog(t("remove_camera"), html`<form method="dialog" class="sheet" @submit=${(event) => { if (event.submitter.value === "yes") remove(); }}>
      <h2>${t("remove_camera_ask", { camera: page.id })}</h2><p>${t("remove_camera_help")}</p>
      <div class="row"><button value="no">${t("cancel")}</button><button class="danger" value="yes">${t("remove_camera")}</button></div></form>`);
    box.querySelector("button").focus();
  }

  return {
    wide: true,
    edits: true,
    side() {
      if (!page.draft) return html`<div class="page-column"><p class="hint">${t("no_setup")}</p></div>`;
      const { fixed } = page;
      return html`<div class="page-column forms">${fixed ? html`<p class="hint">${t("may_not_draw")}</p>` : nothing}
        ${whereabouts(fixed)}${pace(fixed)}${file(fixed)}
        ${page.rights.sources ? html`<section class="block"><h2>${t("remove_camera")}</h2><p class="hint">${t("remove_camera_help")}</p><button type="button" class="danger" @click=${confirmRemoval}>${t("remove_camera")}…</button></section>` : nothing}</div>`;
    },
  };
}

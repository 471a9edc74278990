// The bar of filters, the saved searches and what is done with the whole list.

import { divisionOptions } from "../../core/divisions.js";
import { html, nothing } from "../../core/elements.js";
import { kindName, knownKinds, t } from "../../core/words.js";
import { STAGES } from "../../core/stages.js";
import { narrowed } from "./query.js";

const RADII = ["100", "300", "1000", "3000"];
const GROUPS = [
  ["group_to_review", ["pending_review", "second_review"]],
  ["group_under_way", ["confirmed", "emitted", "filed", "dispatched", "handled", "verified", "returned", "noticed", "grace", "reobserved", "accepted", "transferred"]],
  ["group_over", ["closed", "rejected"]],
  ["group_muted", ["silenced", "inhibited"]],
];

/** The bar as a template; `set(change)` changes filters. */
export function filterBar({ filters, cameras, set, searches, actions }) {
  const option = (value, label, chosen) => html`<option value=${value} ?selected=${value === chosen}>${label}</option>`;
  const select = (name, options) => html`<label><span>${t(name)}</span><select name=${name} .value=${filters[name]} @change=${(event) => set({ [name]: event.target.value })}>
    ${option("", t("all"), filters[name])}${options.map(([value, label]) => option(value, label, filters[name]))}</select></label>`;
  const day = (name) => html`<label><span>${t(name)}</span><input type="date" name=${name} .value=${filters[name]} @change=${(event) => set({ [name]: event.target.value })}></label>`;
  return html`<form class="filters" role="search" aria-label=${t("filters")} @submit=${(event) => event.preventDefault()}>
    <label class="find"><span>${t("text")}</span><input type="search" name="text" maxlength="100" placeholder=${t("text_help")} .value=${filters.text}
      @change=${(event) => set({ text: event.target.value.trim() })}></label>
    <button type="button" class="more narrowing" aria-expanded="false" @click=${unfold}>${t("filters")}${narrowed(filters) ? html` <span class="count">${narrowed(filters)}</span>` : nothing}</button>
    ${stages(filters.stage, (stage) => set({ stage }))}
    ${select("kind", knownKinds().map((kind) => [kind.name, kindName(kind.name)]))}
    ${select("camera", cameras.map((camera) => [camera.id, camera.id]))}
    ${divisionOptions(filters.division).length ? select("division", divisionOptions(filters.division)) : nothing}
    ${day("since")}${day("until")}
    ${select("due", [["overdue", t("due_overdue")], ["today", t("due_today")]])}
    ${filters.near ? near(filters.near, set) : nothing}
    <div class="ends">${narrowed(filters) ? html`<button type="button" class="quiet" @click=${() => set(null)}>${t("filters_clear")}</button>` : nothing}
      ${searches}${actions}</div></form>`;
}

/** On a phone the filters stand behind a button. */
function unfold(event) {
  const open = event.currentTarget.closest("form").classList.toggle("open");
  event.currentTarget.setAttribute("aria-expanded", String(open));
}

/** Several stages at once, in a list that opens: groups have one tick for all of theirs. */
function stages(chosen, set) {
  const said = !chosen.length ? t("all") : chosen.length === 1 ? t(chosen[0]) : t("several", { count: chosen.length });
  const has = (names) => names.filter((name) => chosen.includes(name)).length;
  const flip = (names, on) => set(Object.keys(STAGES).filter((name) => (names.includes(name) ? on : chosen.includes(name))));
  const tick = (names, label, head = false) => html`<label class=${head ? "head" : ""}><input type="checkbox" .checked=${has(names) === names.length}
    .indeterminate=${has(names) > 0 && has(names) < names.length} @change=${(event) => flip(names, event.target.checked)}>${label}</label>`;
  return html`<div class="field"><span id="stage-label">${t("stage")}</span>
    <details class="menu" @focusout=${closeLater} @keydown=${closeOnEscape}><summary aria-labelledby="stage-label stage-said"><span id="stage-said">${said}</span></summary>
      <div class="sheet" role="group" aria-labelledby="stage-label">${GROUPS.map(([group, names]) => html`<div>${tick(names, t(group), true)}${names.map((name) => tick([name], t(name)))}</div>`)}</div></details></div>`;
}

/** A menu closes when the focus has left it, and by Escape. */
export function closeLater(event) {
  const menu = event.currentTarget;
  if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
}

export function closeOnEscape(event) {
  if (event.key !== "Escape" || !event.currentTarget.open) return;
  event.stopPropagation();
  event.currentTarget.open = false;
  event.currentTarget.querySelector("summary").focus();
}

addEventListener("pointerdown", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

function near(value, set) {
  const [lon, lat, radius] = value.split(",");
  const radii = RADII.includes(radius) ? RADII : [...RADII, radius];
  return html`<div class="field"><span id="near-label">${t("near")}</span><div class="near-chip">
    <span class="number">${Number(lon).toFixed(4)}, ${Number(lat).toFixed(4)}</span>
    <select aria-labelledby="near-label" .value=${radius} @change=${(event) => set({ near: `${lon},${lat},${event.target.value}` })}>
      ${radii.map((one) => html`<option value=${one} ?selected=${one === radius}>${one} m</option>`)}</select>
    <button type="button" class="quiet" aria-label=${t("near_off")} @click=${() => set({ near: "" })}>×</button></div></div>`;
}

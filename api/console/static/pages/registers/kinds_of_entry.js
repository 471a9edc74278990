// The registers that the site file holds: what an entry is called, what a table shows of it, what it asks for.

import { html } from "../../core/elements.js";
import { kindName, t } from "../../core/words.js";
import { hoursWords } from "../cameras/editor/hours.js";

const kinds = (entry, usual) => (entry.kinds?.length ? entry.kinds : usual).map(kindName).join(t("list_comma")) || t("all_kinds");
const named = (name, note = "") => html`<b>${name}</b>${note ? html`<small>${note}</small>` : ""}`;
/** Where an entry lies: in a camera's picture, or on the map. */
const where = (entry) => (entry.camera ? html`${entry.camera}<small>${entry.preset ?? t("in_picture")}</small>` : t("on_map"));
const today = () => new Date().toISOString().slice(0, 10);

/** Whether a permit's days are over, or have not come. */
function standing(valid) {
  const [first, last] = (valid ?? "").split("/");
  if (!valid) return html`<span class="standing delivered">${t("valid_always")}</span>`;
  if (last < today()) return html`<span class="dim">${t("valid_over")}</span>`;
  return first > today() ? html`<span class="standing pending">${t("valid_later")}</span>` : html`<span class="standing delivered">${t("in_force_now")}</span>`;
}

const moment = (value) => String(value ?? "").replace("T", " ").slice(0, 16);
function lasting(entry) {
  const now = Date.now();
  if (Date.parse(entry.until) < now) return html`<span class="dim">${t("valid_over")}</span>`;
  return Date.parse(entry.from) > now ? html`<span class="standing pending">${t("valid_later")}</span>` : html`<span class="standing delivered">${t("in_force_now")}</span>`;
}

/** `name`: the field that names an entry; `columns`, `fields`; `drawn` is where it lies in the picture and on the map. */
export const ENTRIES = {
  permits: {
    name: "name",
    fresh: () => ({ name: "", kinds: ["street_vending"], hours: [] }),
    drawn: { picture: "polygon", map: "polygon_wgs84", outline: true },
    fields: ["name", "kinds", "hours", "valid", "categories", "stalls"],
    columns: () => [
      { head: t("e_name"), cell: (one) => named(one.name, kinds(one, ["street_vending"])) },
      { head: t("place"), cell: where },
      { head: t("e_hours"), cell: (one) => hoursWords(one.hours) },
      { head: t("valid"), cell: (one) => html`${standing(one.valid)}<small class="number">${(one.valid ?? "").replace("/", " – ")}</small>` },
    ],
  },
  assets: {
    name: "id",
    fresh: () => ({ id: "", name: "", kinds: ["overflowing_bin"] }),
    drawn: { picture: "polygon", map: "at_wgs84", outline: false },
    fields: ["id", "name", "kinds"],
    columns: () => [
      { head: t("e_id"), cell: (one) => named(one.id, one.name) },
      { head: t("kind"), cell: (one) => kinds(one, ["overflowing_bin"]) },
      { head: t("place"), cell: where },
    ],
  },
  silences: {
    name: "name",
    fresh: () => ({ name: "", kinds: [], cameras: [], from: "", until: "", reason: "", by: "" }),
    drawn: null,
    fields: ["name", "kinds", "cameras", "from", "until", "reason", "by"],
    columns: () => [
      { head: t("e_name"), cell: (one) => named(one.name, kinds(one, [])) },
      { head: t("camera"), cell: (one) => [...(one.cameras ?? []), ...(one.zones ?? [])].join(t("list_comma")) || t("all_cameras") },
      { head: t("e_time"), cell: (one) => html`<span class="number">${moment(one.from)} – ${moment(one.until)}</span>` },
      { head: t("standing"), cell: lasting },
      { head: t("f_reason"), cell: (one) => html`${one.reason}<small>${one.by}</small>` },
    ],
  },
};

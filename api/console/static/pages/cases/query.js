// What a list is narrowed by: as it stands in the address, as the server is asked, and in words.

import { dayStart, when } from "../../core/format.js";

const ALONE = ["kind", "camera", "division", "since", "until", "text", "due", "near", "order", "view"];
const SHOWN = ["view"]; // how it is shown narrows nothing

/** The filters of an address; what is not there is empty. */
export function fromAddress(query) {
  const found = Object.fromEntries(ALONE.map((name) => [name, query.get(name) ?? ""]));
  return { ...found, stage: (query.get("stage") ?? "").split(",").filter(Boolean) };
}

/** The same for the address. */
const toAddress = (filters) => ({ ...filters, stage: filters.stage.join(",") });

/** The address of a list with these filters. */
export function addressOf(filters) {
  const kept = Object.entries(toAddress(filters)).filter(([, value]) => value);
  return `#/cases${kept.length ? `?${new URLSearchParams(kept)}` : ""}`;
}

/** What the server is asked with: days of the site as moments. */
export function asked({ view: _, since, until, ...filters }) {
  return { ...filters, since: dayStart(since), until: until ? dayStart(until, 1) : "" };
}

/** How many filters there are. */
export const narrowed = (filters) => Object.entries(toAddress(filters)).filter(([name, value]) => value && !SHOWN.includes(name)).length;

/** What the server keeps of a search: what it is asked with, without what is empty. */
export const kept = (filters) => Object.fromEntries(Object.entries(asked(filters)).filter(([, value]) => value.length));

/** The filters of a search that was kept; its moments are days of the site again. */
export function fromKept(query) {
  const day = (iso, back = 0) => (iso ? when(new Date(Date.parse(iso) - back).toISOString()).slice(0, 10) : "");
  const found = fromAddress(new URLSearchParams(Object.entries(query)));
  return { ...found, stage: [query.stage ?? []].flat(), since: day(query.since), until: day(query.until, 1) };
}

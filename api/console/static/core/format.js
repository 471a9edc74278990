// How times and amounts are written: in the site's time zone, in the language that is spoken.

import { spoken } from "./words.js";

let zone = "UTC";

/** Write times in this IANA time zone from now on. */
export const inZone = (name) => { zone = name; };

/** A time in the site's time zone. */
export function when(iso, seconds = false) {
  if (!iso) return "–";
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit",
    minute: "2-digit", second: seconds ? "2-digit" : undefined, hourCycle: "h23",
  }).formatToParts(new Date(iso));
  const part = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  return `${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute}${seconds ? `:${part.second}` : ""}`;
}

/** How long ago, in words. */
export function ago(iso) {
  const seconds = (Date.now() - new Date(iso)) / 1000;
  const [unit, size] = [["day", 86400], ["hour", 3600], ["minute", 60]].find(([, s]) => seconds >= s) ?? ["second", 1];
  const words = new Intl.RelativeTimeFormat(spoken() === "zh" ? "zh-CN" : "en", { numeric: "auto", style: "short" });
  return words.format(-Math.max(0, Math.floor(seconds / size)), unit);
}

/** A duration in seconds, in its two largest units. */
export function lasting(seconds) {
  const names = spoken() === "zh" ? ["天", "小时", "分", "秒"] : ["d", "h", "min", "s"];
  const amounts = [86400, 3600, 60, 1].map((size, at, all) =>
    Math.floor(at ? (seconds % all[at - 1]) / size : seconds / size));
  const from = amounts.findIndex((amount) => amount > 0);
  if (from < 0) return amount(0, names[3]);
  return amounts.slice(from, from + 2).map((count, at) => count && amount(count, names[from + at])).filter(Boolean).join(spoken() === "zh" ? "" : " ");
}

/** The start of a local day of the site, as UTC; `days` later for the end of a range. */
export function dayStart(date, days = 0) {
  return date ? moment(new Date(Date.parse(`${date}T00:00:00Z`) + days * 86400e3).toISOString().slice(0, 16)) : "";
}

/** A local time of the site, as `datetime-local` has it, as UTC. */
export function moment(local) {
  if (!local) return "";
  const guess = Date.parse(`${local}Z`);
  const shown = Date.parse(`${when(new Date(guess).toISOString(), true).replace(" ", "T")}Z`);
  return new Date(guess - (shown - guess)).toISOString();
}

/** An amount with its unit: Chinese takes no space between. */
export const amount = (count, unit) => (spoken() === "zh" ? `${count}${unit}` : `${count} ${unit}`);

/** A share of 0 to 1 in per cent. */
export const percent = (share) => `${Math.round(share * 100)}%`;

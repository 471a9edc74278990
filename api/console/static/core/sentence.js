// What the server says as a code with values, put into the page's language: the templates are its own
// (`GET /v1/words`), filled as `vision/sentence.py` fills them. Without a template stands what the server
// wrote at the time.

import { lasting, when } from "./format.js";
import { spoken } from "./words.js";

const VALUE = /\{(\w+)(?::([\w.]+))?\}/g;
const OPTIONAL = /\[([^[\]]*)\]/g;
let groups = {};

/** Take the server's templates: groups of `{code, zh, en}`, or of `code: {zh, en}`. */
export function learnSentences(words) {
  groups = Object.fromEntries(Object.entries(words ?? {}).map(([group, all]) => [group,
    new Map(Array.isArray(all) ? all.map((one) => [one.code, one]) : Object.entries(all ?? {}))]));
}

/** The sentence of a code of a group (`reasons`, `problems` …) in the page's language; null where there is none. */
export function sentence(group, code, values = {}) {
  const template = groups[group]?.get?.(code)?.[spoken()];
  if (template === undefined) return null;
  const there = (part) => {
    const first = [...part.matchAll(VALUE)][0];
    const value = first && values[first[1]];
    return !first || !(value === undefined || value === null || value === 0 || value === "" || value?.length === 0);
  };
  return template.replace(OPTIONAL, (_, part) => (there(part) ? part : ""))
    .replace(VALUE, (_, name, form) => said(values[name], form));
}

function said(value, form) {
  if (value === undefined || value === null) return "–";
  if (Array.isArray(value)) return value.map((one) => said(one, form)).join("");
  if (!form) return String(value);
  if (form === "duration") return lasting(value);
  if (form === "time") return when(value).slice(-5);
  if (/^\.\df$/.test(form)) return Number(value).toFixed(Number(form[1]));
  return groups[form]?.get?.(value)?.[spoken()] ?? String(value);
}

/** A word of a list (`stages`, `steps`, `outcomes` …), as it stands alone; an unknown one is shown as it is. */
export function word(group, code) {
  const found = sentence(group, code) ?? code;
  return found.charAt(0).toUpperCase() + found.slice(1);
}

/** What an event is about: `streetwarden.case.confirmed.v1`, or the stage alone. */
export function eventName(type) {
  const what = type.includes(".") ? type.split(".")[2] : type;
  return word(sentence("stages", what) ? "stages" : "log", what);
}

/** A reason of a rule, as it is said now. */
export const reason = (why) => sentence("reasons", why.code, why.data) ?? why[spoken()];

/** What the server refused, in the page's language. */
export const problem = (error) => sentence("problems", error.said?.code, error.said?.params) ?? error.message;

// The page's words in Chinese and English: each lies in one file of `words/`, by the page that needs it.

import audits from "../words/audits.js";
import cameras from "../words/cameras.js";
import cases from "../words/cases.js";
import editor from "../words/editor.js";
import map from "../words/map.js";
import registers from "../words/registers.js";
import reports from "../words/reports.js";
import review from "../words/review.js";
import shell from "../words/shell.js";
import terms from "../words/terms.js";

const WORDS = { ...terms, ...shell, ...review, ...cases, ...cameras, ...editor, ...map, ...registers, ...reports, ...audits };
const KEPT = "streetwarden.language";

let language = (localStorage.getItem(KEPT) ?? document.documentElement.lang) === "en" ? "en" : "zh";
let kinds = new Map();
let classes = new Map();
let settings = {};

/** Set what the server said: the language only if this browser has chosen none. */
export function learn(site, catalogue) {
  kinds = new Map(catalogue.items.map((kind) => [kind.name, kind]));
  settings = catalogue.settings ?? {};
  classes = new Map((catalogue.classes ?? []).map((each) => [each.name, each]));
  speak(localStorage.getItem(KEPT) || site.language);
}

/** Speak this language from now on. */
export function speak(code, remember = false) {
  language = code === "en" ? "en" : "zh";
  document.documentElement.lang = language;
  if (remember) localStorage.setItem(KEPT, language);
}

export const spoken = () => language;
export const knownKinds = () => [...kinds.values()];

/** A word of the page; an unknown one is shown as it is. `{name}` in it is filled from `values`. */
export function t(word, values = {}) {
  const text = WORDS[word]?.[language === "zh" ? 0 : 1] ?? word;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** A kind's name, a sub-type's name. */
export const kindName = (name) => headed(kinds.get(name)?.[language] ?? name);
export const subtypeName = (kind, name) =>
  kinds.get(kind)?.subtypes.find((subtype) => subtype.name === name)?.[language] ?? name;

/** A sub-type's name beside its kind's; nothing where both are called the same. */
export const besideKind = (kind, name) => (subtypeName(kind, name) === kinds.get(kind)?.[language] ? "" : subtypeName(kind, name));

/** Settings of a kind's rule at this site, in zones that set none of their own. */
export const usualSettings = (kind, subtype) => settings[subtype ? `${kind}/${subtype}` : kind] ?? {};

/** Whether it is a kind of what passes through, which stays nowhere. */
export const passes = (kind) => kinds.get(kind)?.place === "pass";

/** Whether it is a kind of trucks, whose plates a person can be asked for: the server goes by what a kind needs, too. */
export const ofTrucks = (kind) => kinds.get(kind)?.needs.includes("truck_state") ?? false;

/** What a detector sees; a model of one's own may know others. */
export const className = (name) => classes.get(name)?.[language] ?? name;
const headed = (words) => words.charAt(0).toUpperCase() + words.slice(1);

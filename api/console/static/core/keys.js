// The keyboard: what the open page does at which key, and the sheet that lists it.

import { dialog, html } from "./elements.js";
import { t } from "./words.js";

let current = () => ({});

/**
 * `keys()` gives the open page's `{key: {label, does, held}}`; a key is a lower-case letter, a digit or a key's
 * name. What is held down does its work once, but for keys with `held` (zoom).
 */
export function useKeys(keys) {
  current = keys;
}

const typing = (element) => element.closest("input:not([type=checkbox], [type=radio]), textarea, select, dialog, [contenteditable]");

addEventListener("keydown", (event) => {
  if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const act = key === "?" ? { does: help } : current()[key];
  if (!act) return;
  event.preventDefault();
  if (!event.repeat || act.held) act.does();
});

const NAMES = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", " ": "␣", Escape: "Esc" };

/** Show which keys do what here. */
export function help() {
  const rows = new Map();
  for (const [key, { label }] of [...Object.entries(current()), ["?", { label: t("keys_help") }]]) {
    if (label) rows.set(label, [...(rows.get(label) ?? []), NAMES[key] ?? key.toUpperCase()]);
  }
  const box = dialog(t("keys_help"), html`<form method="dialog" class="sheet"><h2>${t("keys_help")}</h2>
    <dl class="keys">${[...rows].map(([label, keys]) => html`<dt>${keys.map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${label}</dd>`)}</dl>
    <div class="row"><button class="primary">${t("close")}</button></div></form>`);
  box.querySelector("button").focus();
}

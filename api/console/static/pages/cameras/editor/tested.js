// What a test said: what the rules as drawn would have found on the last looks, beside what those in
// force found; listed, and drawn on the picture.

import { html, nothing, svg } from "../../../core/elements.js";
import { lasting, when } from "../../../core/format.js";
import { reason } from "../../../core/sentence.js";
import { kindName, subtypeName, t } from "../../../core/words.js";
import { boxed } from "../overlay.js";

/** A sub-type that is called as its kind is said once. */
const titled = ({ kind, subtype }) => (subtype && subtypeName(kind, subtype) !== kindName(kind) ? ` · ${subtypeName(kind, subtype)}` : "");
const NEAR_S = 120;
const ALIKE = 0.3;

function overlap(a, b) {
  const w = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const h = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  const size = ([x1, y1, x2, y2]) => (x2 - x1) * (y2 - y1);
  return w > 0 && h > 0 ? (w * h) / (size(a) + size(b) - w * h) : 0;
}

const alike = (a, b) => a.kind === b.kind && overlap(a.box, b.box) > ALIKE && Math.abs(Date.parse(a.opened_at) - Date.parse(b.opened_at)) < NEAR_S * 1000;

/** Which are found either way, which only as drawn (`new`), which no more (`gone`). */
export function compared(found, now) {
  const rest = [...now];
  const rows = found.map((each) => {
    const at = rest.findIndex((other) => alike(each, other));
    return { ...each, how: at < 0 ? "new" : "same", before: at < 0 ? null : rest.splice(at, 1)[0] };
  });
  return [...rows, ...rest.map((each) => ({ ...each, how: "gone", before: each }))]
    .sort((a, b) => Date.parse(a.opened_at) - Date.parse(b.opened_at));
}

/** The outcome of a test: `panel(close)` and `over()`. */
export function tested(answer, page) {
  const rows = compared(answer.found, answer.now);
  const count = (how) => rows.filter((row) => row.how === how).length;
  let lit = null;
  const light = (row) => { if (lit !== row) { lit = row; page.redraw(); } };

  const line = (row) => html`<li class=${row.how} tabindex="0" @mouseenter=${() => light(row)} @focus=${() => light(row)} @mouseleave=${() => light(null)} @blur=${() => light(null)}>
    <span class="tag ${row.how}">${t(`test_${row.how}`)}</span><b>${kindName(row.kind)}${titled(row)}</b><small>${row.zone}</small>
    <small class="number">${when(row.opened_at, true).slice(11)} → ${row.confirmed_at ? when(row.confirmed_at, true).slice(11) : t("not_confirmed")}${row.cleared_at ? ` → ${when(row.cleared_at, true).slice(11)}` : ""}</small>
    <small>${(row.why ?? []).map(reason).join(t("list_semicolon"))}</small></li>`;

  return {
    panel: (close) => html`<section class="tested" aria-label=${t("test_result")}><div class="bar-row"><h2>${t("test_result")}</h2>
      <span class="dim number">${t("test_of", { from: when(answer.from, true).slice(11), until: when(answer.until, true).slice(11), looks: answer.looks, lasting: lasting(Math.max(0, (Date.parse(answer.until) - Date.parse(answer.from)) / 1000)) })}</span>
      <span class="tag same">${t("test_same")} ${count("same")}</span><span class="tag new">${t("test_new")} ${count("new")}</span><span class="tag gone">${t("test_gone")} ${count("gone")}</span>
      <button type="button" class="quiet" aria-label=${t("close")} @click=${close}>×</button></div>
      ${rows.length ? html`<ul>${rows.map(line)}</ul>` : html`<p class="dim">${t(answer.looks ? "test_nothing" : "test_no_looks")}</p>`}</section>`,
    over: () => {
      const { picture, grain } = page.stage;
      if (!picture) return nothing;
      return svg`${rows.filter((row) => lit === null || lit === row).map((row) => boxed(row.box, picture, grain, { tone: `test-${row.how}`, text: `${t(`test_${row.how}`)} · ${kindName(row.kind)}` }))}`;
    },
  };
}

// What every register does: ask for its list, show it, or say why it cannot be shown.

import { html, nothing, render } from "../../core/elements.js";
import { problem } from "../../core/sentence.js";
import { t } from "../../core/words.js";

/**
 * A register's frame: `ask()` gets what it shows, `shown(answer)` is its template. `missing` are the words for a
 * server that keeps no such register. Gives `element`, `open`, `redraw`, `answer`, and `load` to ask once more.
 */
export function book({ ask, shown, missing = "book_missing" }) {
  const element = document.createElement("section");
  let answer = null;
  let failed = null;

  async function load() {
    try {
      answer = await ask();
      failed = null;
    } catch (error) {
      if (error.status === 401) return;
      failed = error;
    }
    redraw();
  }

  function redraw() {
    if (failed && !answer) return render([404, 422].includes(failed.status) ? html`<p class="empty">${t(missing)}</p>` : html`<div class="empty"><p>${failed.status === undefined ? t("offline") : problem(failed)}</p>
      <button type="button" class="choice" @click=${load}>${t("retry")}</button></div>`, element);
    return render(answer ? shown(answer) : html`<p class="empty" role="status">${t("loading_cases")}</p>`, element);
  }

  redraw();
  return { element, load, open: load, redraw, get answer() { return answer; } };
}

/** A table of these columns: `{head, cell, number}`; `empty` stands where there is no row. */
export function table(columns, rows, empty, caption) {
  if (!rows.length) return html`<p class="empty">${empty}</p>`;
  return html`<div class="wide"><table class="plain"><caption class="unseen">${caption}</caption><thead><tr>${columns.map(({ head }) => html`<th scope="col">${head || html`<span class="unseen">${t("actions")}</span>`}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr class=${row.dim ? "past" : ""}>${columns.map(({ cell, number }) => html`<td class=${number ? "number" : nothing}>${cell(row)}</td>`)}</tr>`)}</tbody></table></div>`;
}

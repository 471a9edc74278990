// Saved searches: somebody's own, kept by the server, so that they are there at every desk.

import { ask, get, post } from "../../core/api.js";
import { html, nothing, toast } from "../../core/elements.js";
import { problem } from "../../core/sentence.js";
import { t } from "../../core/words.js";
import { closeLater, closeOnEscape } from "./filters.js";
import { addressOf, fromKept, kept, narrowed } from "./query.js";

/** `menu(filters)` is the template, `load()` asks the server; `changed()` is called when there is another list. */
export function searches(changed) {
  let items = null; // null: this server keeps none

  async function load() {
    try {
      items = (await get("/v1/searches")).items;
    } catch (error) {
      if (error.status !== 404) throw error;
    }
    changed();
  }

  const tried = (doing) => doing.then(load).catch((error) => error.status !== 401 && toast(problem(error), "bad"));

  /** The bar around it is a form already, so this is none of its own. */
  function save(event, filters) {
    const field = event.target.closest(".save").querySelector("input");
    const name = field.value.trim();
    if (!name) return field.focus();
    return tried(post("/v1/searches", { name, query: kept(filters) }).then(() => {
      toast(t("search_saved"), "good");
      field.value = "";
    }));
  }

  const remove = (one) => tried(ask(`/v1/searches/${encodeURIComponent(one.id)}`, { method: "DELETE" }));

  const menu = (filters) => (items === null ? nothing : html`<details class="menu saved" @focusout=${closeLater} @keydown=${closeOnEscape}>
    <summary>${t("searches")}${items.length ? html` <span class="count">${items.length}</span>` : nothing}</summary>
    <div class="sheet">
      ${items.length ? html`<ul>${items.map((one) => html`<li><a href=${addressOf(fromKept(one.query))}>${one.name}</a>
        <button type="button" class="quiet" aria-label=${t("search_remove", { name: one.name })} @click=${() => remove(one)}>×</button></li>`)}</ul>`
        : html`<p class="dim">${t("searches_none")}</p>`}
      <div class="save">${narrowed(filters) ? html`<label>${t("search_name")}<input name="search" maxlength="100"></label>
        <button type="button" class="primary" @click=${(event) => save(event, filters)}>${t("search_save")}</button>` : html`<p class="dim">${t("search_first")}</p>`}</div>
    </div></details>`);

  return { load, menu };
}

// Saved searches: somebody's own, kept by the server, so that they are there at every desk.

import { get, post } from "../../core/api.js";
import { html, nothing, toast } from "../../core/elements.js";
import { problem } from "../../core/sentence.js";
import { t } from "../../core/words.js";
import { closeLater, closeOnEscape } from "./filters.js";
import { addressOf, fromAddress, narrowed, toAddress } from "./query.js";

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

  function save(event, filters) {
    event.preventDefault();
    const { name } = event.target.elements;
    const query = new URLSearchParams(Object.entries(toAddress(filters)).filter(([, value]) => value)).toString();
    tried(post("/v1/searches", { name: name.value.trim(), query }).then(() => {
      toast(t("search_saved"), "good");
      name.value = "";
    }));
  }

  const remove = (one) => tried(post(`/v1/searches/${encodeURIComponent(one.id)}`, {}, { method: "DELETE" }));

  const menu = (filters) => (items === null ? nothing : html`<details class="menu saved" @focusout=${closeLater} @keydown=${closeOnEscape}>
    <summary>${t("searches")}${items.length ? html` <span class="count">${items.length}</span>` : nothing}</summary>
    <div class="sheet">
      ${items.length ? html`<ul>${items.map((one) => html`<li><a href=${addressOf(fromAddress(new URLSearchParams(one.query)))}>${one.name}</a>
        <button type="button" class="quiet" aria-label=${t("search_remove", { name: one.name })} @click=${() => remove(one)}>×</button></li>`)}</ul>`
        : html`<p class="dim">${t("searches_none")}</p>`}
      <div class="save">${narrowed(filters) ? html`<label>${t("search_name")}<input name="search" maxlength="80" required></label>
        <button type="button" class="primary" @click=${(event) => saveNamed(event, filters)}>${t("search_save")}</button>` : html`<p class="dim">${t("search_first")}</p>`}</div>
    </div></details>`);

  /** The bar around it is a form already. */
  function saveNamed(event, filters) {
    const name = event.target.closest(".save").querySelector("input");
    if (!name.value.trim()) return name.focus();
    return save({ preventDefault() {}, target: { elements: { name } } }, filters);
  }

  return { load, menu };
}

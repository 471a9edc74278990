// Permits, assets and silences: the site file's own lists, shown and changed. A change goes into the site file
// and counts from the next look; its history is with the cameras.

import { get, post } from "../../core/api.js";
import { html, nothing, toast } from "../../core/elements.js";
import { form } from "../../core/form.js";
import { t } from "../../core/words.js";
import { book, table } from "./book.js";
import { editor } from "./editor.js";
import { ENTRIES } from "./kinds_of_entry.js";

/** The register of this name. */
export function entries(name, { can }) {
  const kind = ENTRIES[name];
  const path = `/v1/registers/${name}`;
  let open = null; // the editor of one entry
  const mine = book({
    ask: async () => {
      const [list, cameras] = await Promise.all([get(path), get("/v1/cameras")]);
      return { ...list, cameras: cameras.items };
    },
    shown,
  });
  const fixed = !can("setup");

  /** Put the whole list into the file; who changed it meanwhile is told of, and nothing of theirs is lost. */
  async function put(items) {
    try {
      const answer = await post(path, { items }, { method: "PUT", headers: { "If-Match": `"${mine.answer.version}"` } });
      const waits = answer.restart_needed ?? [];
      toast(waits.length ? t("saved_restart", { parts: waits.join(t("list_comma")) }) : t("saved_counts"), "good");
    } catch (error) {
      if (error.status === 412) await mine.load();
      throw error;
    }
    await mine.load();
  }

  function edit(at) {
    const entry = at === null ? kind.fresh() : structuredClone(mine.answer.items[at]);
    const was = at === null ? null : JSON.stringify(mine.answer.items[at]);
    close();
    open = editor({
      kind, entry, fixed, cameras: mine.answer.cameras, title: at === null ? t(`${name}_new`) : entry[kind.name],
      close,
      async save(changed) {
        // Somebody else may have changed the list while this one was edited: the same entry is looked for in it.
        const { items } = mine.answer;
        const now = was === null ? items.length : items.findIndex((one) => JSON.stringify(one) === was);
        if (now < 0) throw Object.assign(new Error(t("entry_gone")), { status: 409, said: {} });
        await put(was === null ? [...items, changed] : items.map((one, i) => (i === now ? changed : one)));
        close();
      },
    });
    mine.redraw();
    open.focus();
  }

  function close() {
    open?.leave();
    open = null;
    mine.redraw();
  }

  const remove = (at) => form(t("entry_remove"), () => html`<p>${t("entry_remove_help", { name: mine.answer.items[at][kind.name] })}</p>`, t("entry_remove"),
    () => put(mine.answer.items.filter((_, i) => i !== at)), { tone: "danger" });

  function shown({ items }) {
    const columns = [...kind.columns(), { head: "", cell: (one) => html`<div class="acts"><button type="button" class="choice" aria-label=${`${t(fixed ? "look" : "edit")} ${one[kind.name]}`} @click=${() => edit(one.at)}>${t(fixed ? "look" : "edit")}</button>
      ${fixed ? nothing : html`<button type="button" class="danger" aria-label=${`${t("entry_remove")} ${one[kind.name]}`} @click=${() => remove(one.at)}>${t("entry_remove")}</button>`}</div>` }];
    return html`<div class=${open ? "entries editing" : "entries"}><div class="entry-list"><p class="hint">${t(`${name}_help`)}</p>
        ${fixed ? nothing : html`<div class="acts"><button type="button" class="primary" @click=${() => edit(null)}>${t(`${name}_new`)}</button></div>`}
        ${table(columns, items.map((one, at) => ({ ...one, at })), t(`${name}_none`), t(`book_${name}`))}</div>
      ${open ? open.element : nothing}</div>`;
  }

  return {
    ...mine,
    redraw() {
      mine.redraw();
      open?.redraw();
    },
    heard: ({ type }) => { if (type === "site" && !open) mine.load(); },
    keys: () => (open ? open.keys() : {}),
    leave: () => open?.leave(),
  };
}

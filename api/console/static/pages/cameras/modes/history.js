// History: what was changed in the site file for this camera, by whom, with its text, and undo.

import { get, post } from "../../../core/api.js";
import { html, nothing, toast } from "../../../core/elements.js";
import { when } from "../../../core/format.js";
import { explained } from "../failure.js";
import { t } from "../../../core/words.js";

export function historyMode(page) {
  let items = null;
  let cursor = null;
  let failed = "";
  let opened = null; // {id, diff}
  let all = false;
  let left = false;
  load();

  async function load(more = false) {
    try {
      const answer = await get("/v1/site/changes", { limit: 50, cursor: more ? cursor : null });
      items = [...(more ? items : []), ...answer.items];
      cursor = answer.next;
      failed = "";
    } catch (error) {
      failed = error.status === 404 || error.status === 403 ? t("no_history") : explained(error);
    }
    if (!left) page.redraw();
  }

  async function show(item) {
    if (opened?.id === item.id) opened = null;
    else {
      try {
        opened = { id: item.id, diff: (await get(`/v1/site/changes/${item.id}`)).diff ?? "" };
      } catch (error) {
        toast(explained(error), "bad");
      }
    }
    if (!left) page.redraw();
  }

  async function undo(item) {
    try {
      await post(`/v1/site/changes/${item.id}/undo`);
      toast(t("change_undone"), "good");
    } catch (error) {
      if (error.status !== 401) toast(explained(error), "bad");
    }
    await page.saving.siteChanged();
    await load();
  }

  const lines = (diff) => diff.split("\n").map((line) => {
    const tone = line.startsWith("+") && !line.startsWith("+++") ? "added" : line.startsWith("-") && !line.startsWith("---") ? "removed" : line.startsWith("../") ? "place" : "";
    return html`<span class=${tone}>${line}\n</span>`;
  });

  /** What was changed, in words: the kind of change, and the parts of the camera or the file. */
  const changed = (item) => {
    const parts = (item.parts ?? []).map((part) => (t(`part_${part}`) === `part_${part}` ? part : t(`part_${part}`)));
    return [item.undoes ? t("undoes", { id: item.undoes }) : t(`what_${item.what}`), parts.join(t("list_comma"))].filter(Boolean).join(t("colon"));
  };

  const who = (by) => (by === "file" ? t("by_file") : by);
  const row = (item) => html`<li class=${item.undone ? "undone" : ""}>
    <button type="button" class="head" aria-expanded=${opened?.id === item.id} @click=${() => show(item)}><span class="number">${when(item.at, true)}</span><b>${who(item.by)}</b>
      <span>${changed(item)}</span>${item.camera ? html`<span class="tag">${item.camera}</span>` : nothing}${item.undone ? html`<span class="tag warn">${t("undone")}</span>` : nothing}</button>
    ${opened?.id === item.id ? html`<div class="opened"><pre tabindex="0" aria-label=${t("diff")}>${opened.diff ? lines(opened.diff) : t("no_diff")}</pre>
      ${page.rights.draw && !item.undone && item.what !== "found" ? html`<button type="button" class="danger" @click=${() => undo(item)}>${t("undo_change")}</button>` : nothing}</div>` : nothing}</li>`;

  return {
    wide: true,
    side() {
      if (failed) return html`<div class="page-column"><p class="hint">${failed}</p></div>`;
      if (items === null) return html`<div class="page-column"><p class="dim">${t("loading")}</p></div>`;
      const shown = items.filter((item) => all || item.camera === page.id || !item.camera);
      return html`<div class="page-column"><label class="tick"><input type="checkbox" .checked=${all} @change=${(event) => { all = event.target.checked; page.redraw(); }}>${t("history_of_all")}</label>
        ${shown.length ? html`<ol class="changes-list">${shown.map(row)}</ol>` : html`<p class="dim">${t("nothing_changed")}</p>`}
        ${cursor ? html`<button type="button" class="choice" @click=${() => load(true)}>${t("more")}</button>` : nothing}</div>`;
    },
    heard: (event) => { if (event.type === "site") load(); },
    leave: () => { left = true; },
  };
}

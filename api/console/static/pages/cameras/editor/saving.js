// The bar under a changed camera: undo, test, save, and what comes of it: mistakes, somebody else's
// change, the look from which it counts.

import { post } from "../../../core/api.js";
import { html, nothing, toast } from "../../../core/elements.js";
import { when } from "../../../core/format.js";
import { mistakeWords } from "../../../core/mistake.js";
import { t } from "../../../core/words.js";
import { explained } from "../failure.js";
import { conflict } from "./conflict.js";
import { tested } from "./tested.js";

/** What a test takes; what is left out counts as it is in the file. */
const TRIED = ["zones", "ground", "privacy", "presets"];

/** Testing and saving what was drawn on a camera's `page`. */
export function saving(page) {
  let busy = "";
  let mistakes = [];
  let outcome = null; // of the last test
  let theirs = null; // what another saved meanwhile
  let saved = null; // {since, look, at, restart}

  const draft = () => page.draft;
  const place = (mistake) => (mistake.pointer ?? "").replace(/^\/+(body\/)?/, "");
  const within = (mistake, path) => place(mistake) === path || place(mistake).startsWith(`${path}/`);

  /** Parts as the server takes them: no ground points are no ground. */
  const sent = (parts) => Object.fromEntries(parts.map((part) => {
    const value = draft().now[part] ?? null;
    return [part, part === "ground" && !value?.length ? null : value];
  }));

  /** Do one thing at a time; mistakes stand where they belong until the next try. */
  async function during(name, does) {
    if (busy) return;
    busy = name;
    mistakes = [];
    page.redraw();
    try {
      await does();
    } catch (error) {
      if (error.status === 422 && error.said.errors?.length) mistakes = error.said.errors;
      else if (error.status === 422) mistakes = [{ pointer: "", detail: error.message }];
      else if (error.status === 412) theirs = await page.reload().catch(() => null);
      else if (error.status === 404 && name === "test") toast(t("cannot_test"), "bad");
      else if (error.status !== 401) toast(explained(error), "bad");
    } finally {
      busy = "";
      page.redraw();
    }
  }

  const test = () => during("test", async () => {
    const drawn = draft().touched.filter((part) => TRIED.includes(part));
    outcome = tested(await post(`${page.path}/test`, sent(drawn)), page);
  });

  const save = () => during("save", async () => {
    const answer = await post(`${page.path}/setup`, sent(draft().touched), { method: "PUT", headers: { "If-Match": `"${draft().version}"` } });
    saved = { since: page.latest?.look ?? null, look: null, restart: answer.restart_needed ?? [] };
    const setup = await page.reload();
    draft().rebase(setup);
    outcome = null;
    theirs = null;
  });

  function discard() {
    draft().rebase(page.setup);
    mistakes = [];
    outcome = null;
    theirs = null;
    saved = null;
    page.redraw();
  }

  /** Go on from what the other saved, with mine on top of it or without. */
  function settle(mine) {
    draft().rebase(theirs, mine);
    theirs = null;
    page.redraw();
  }

  /** The first look that began after the change was in force. */
  function looked(look) {
    if (!saved || saved.look || look.look === null || look.look <= (saved.since ?? look.look - 1)) return;
    saved.look = look.look;
    saved.at = look.sight?.captured_at ?? null;
    page.redraw();
  }

  async function siteChanged() {
    if (busy || !draft()) return;
    const setup = await page.reload().catch(() => null);
    if (!setup || setup.version === draft().version) return;
    if (draft().dirty) theirs = setup;
    else draft().rebase(setup);
    page.redraw();
  }

  const effect = () => html`<p class="effect" role="status">${saved.look === null ? t("saved_waits") : t("in_force", { look: saved.look, at: when(saved.at, true) })}
    ${saved.restart.length ? html`<b>${t("restart_needed", { parts: saved.restart.join(t("list_comma")) })}</b>` : nothing}
    <a class="link" href=${`#/cameras/${encodeURIComponent(page.id)}/history`}>${t("mode_history")}</a></p>`;

  const wrongs = () => html`<div class="mistakes" role="alert"><b>${t("has_mistakes")}</b><ul>${mistakes.map((mistake) => html`<li>${placeWords(mistake)}${mistakeWords(mistake)}</li>`)}</ul></div>`;

  /** Of which zone a mistake is, in words. */
  function placeWords(mistake) {
    const [, at] = /^zones\/(\d+)/.exec(place(mistake)) ?? [];
    const zone = at !== undefined && draft()?.now.zones?.[at];
    return zone ? html`<i>${zone.name}：</i>` : nothing;
  }

  /** `always` keeps its place while there is nothing to save, so that the picture does not jump. */
  function bar(always) {
    if (!draft() || !(draft().dirty || saved || theirs || (always && !page.fixed))) return nothing;
    const idle = !draft().dirty || Boolean(busy);
    const parts = draft().touched.map((part) => t(`part_${part}`)).join(t("list_comma"));
    return html`<footer class="saving">
      ${theirs ? conflict({ base: draft().base, mine: draft().now, theirs, settle }) : nothing}
      ${mistakes.length ? wrongs() : nothing}
      ${outcome ? outcome.panel(() => { outcome = null; page.redraw(); }) : nothing}
      <div class="bar-row">${draft().dirty ? html`<span class="changes"><b>${t("unsaved")}</b> <span class="dim">${parts}</span></span>` : saved ? effect() : html`<span class="changes none dim">${t("nothing_unsaved")}</span>`}
        <button type="button" class="quiet" ?disabled=${!draft().canUndo} @click=${draft().undo}>${t("undo_step")}</button>
        <button type="button" class="quiet" ?disabled=${!draft().canRedo} @click=${draft().redo}>${t("redo")}</button>
        <button type="button" class="quiet" ?disabled=${idle} @click=${discard}>${t("discard")}</button>
        <button type="button" class="choice" ?disabled=${idle} @click=${test}>${t(busy === "test" ? "testing" : "test_hour")}</button>
        <button type="button" class="primary" ?disabled=${idle || theirs} @click=${save}>${t(busy === "save" ? "saving" : "save")}</button></div>
    </footer>`;
  }

  return {
    bar, looked, siteChanged,
    over: () => outcome?.over() ?? nothing,
    /** The server's words on one field. */
    wrong: (path) => mistakes.filter((mistake) => within(mistake, path)).map(mistakeWords),
    wrongAnywhere: (path) => mistakes.some((mistake) => within(mistake, path)),
  };
}

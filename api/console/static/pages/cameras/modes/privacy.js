// Privacy: parts of the picture that are painted out before anything is looked at, shown or stored.

import { html } from "../../../core/elements.js";
import { t } from "../../../core/words.js";
import { cornersField } from "../editor/corners.js";
import { drawing } from "../editor/drawing.js";
import { RECTANGLE } from "../editor/outline.js";

export function privacyMode(page) {
  let chosen = null;
  /** The list of the camera, or of the preset that is shown. */
  const of = (now) => (page.presets.length ? now?.presets.find((preset) => preset.name === page.preset) : now);
  const all = () => of(page.draft?.now)?.privacy ?? [];
  const step = (does) => page.draft.step("", (now) => {
    const holder = of(now);
    holder.privacy = [...(holder.privacy ?? [])];
    does(holder.privacy);
  });
  const shape = (at, points) => step((list) => { list[at] = points; });

  const pen = drawing({
    stage: page.stage,
    shapes: () => all().map((points, at) => ({ points, name: t("privacy_n", { n: at + 1 }), tone: "hide" })),
    chosen: () => (page.fixed ? -1 : chosen ?? -1),
    choose: (index) => choose(index < 0 ? null : index),
    shaped: shape,
    drawn: add,
    refused: page.refuse,
    redraw: page.redraw,
  });

  function choose(at) {
    chosen = at;
    page.redraw();
  }

  function add(points) {
    chosen = all().length;
    step((list) => list.push(points));
  }

  function remove(at) {
    chosen = null;
    step((list) => list.splice(at, 1));
  }

  const tools = () => (pen.sketching ? html`<div class="tools"><p role="status">${t("drawing_help")}</p>
      <button type="button" class="primary" @click=${pen.finish}>${t("finish")} <kbd>↵</kbd></button><button type="button" class="quiet" @click=${pen.back}>${t("corner_back")}</button>
      <button type="button" class="quiet" @click=${pen.cancel}>${t("cancel")} <kbd>Esc</kbd></button></div>`
    : html`<div class="tools"><button type="button" class="primary" ?disabled=${page.fixed} @click=${pen.begin}>${t("draw_privacy")} <kbd>N</kbd></button>
      <button type="button" class="quiet" ?disabled=${page.fixed} @click=${() => add(RECTANGLE)}>${t("put_rectangle")}</button></div>`);

  const row = (points, at) => html`<li><button type="button" aria-pressed=${at === chosen} @click=${() => choose(at === chosen ? null : at)}><b>${t("privacy_n", { n: at + 1 })}</b></button></li>`;
  const form = () => html`${cornersField(all()[chosen], (points) => shape(chosen, points), page.refuse, { fixed: page.fixed })}
    <button type="button" class="danger" ?disabled=${page.fixed} @click=${() => remove(chosen)}>${t("remove_privacy")}</button>`;

  return {
    bound: true,
    edits: true,
    pans: pen.pans,
    over: pen.over,
    side: () => html`<p class="hint">${t("privacy_help")}</p>${tools()}<ul class="zone-list">${all().map(row)}</ul>${all()[chosen] ? form() : ""}`,
    keys: () => (pen.sketching ? {
      Enter: { label: t("finish"), does: pen.finish }, Escape: { label: t("cancel"), does: pen.cancel }, Backspace: { label: t("corner_back"), does: pen.back },
    } : page.fixed ? {} : { n: { label: t("draw_privacy"), does: pen.begin } }),
    back: (undo) => { if (!pen.sketching || !undo) return pen.sketching; pen.back(); return true; },
    leave: pen.leave,
  };
}

// The files of an audit that has not been started: chosen or dropped, how far each is, what failed and why.

import { post } from "../../core/api.js";
import { html, nothing, toast } from "../../core/elements.js";
import { problem } from "../../core/sentence.js";
import { t } from "../../core/words.js";
import { fromDrop, fromInput } from "./picked.js";
import { bytes } from "./state.js";
import { end, sumOf } from "./upload.js";

/** Names of one list that are shown; a batch has thousands. */
const SHOWN = 100;

/** What stands below such an audit's head; `started(audit)` is told when it is, `draw` draws it again. */
export function intake(upload, started, draw) {
  let over = false;
  let starting = false;
  upload.listener = draw;

  function add(found) {
    if (!found.length) return toast(t("au_no_files"), "bad");
    const others = upload.add(found);
    if (others.length) toast(t("au_other_file", { count: others.length, name: others[0] }), "bad");
    return undefined;
  }

  async function dropped(event) {
    event.preventDefault();
    over = false;
    draw();
    try {
      add(await fromDrop(event.dataTransfer));
    } catch {
      toast(t("au_unreadable"), "bad");
    }
  }

  function chosen(event) {
    add(fromInput(event.target));
    event.target.value = ""; // the same may be chosen again
  }

  async function start() {
    starting = true;
    draw();
    try {
      const audit = await post(`/v1/audits/${upload.audit}/start`);
      end(upload.audit);
      started(audit);
    } catch (error) {
      if (error.status !== 401) toast(error.status === undefined ? t("offline") : problem(error), "bad");
    }
    starting = false;
    draw();
  }

  async function leaveOut(some) {
    try {
      await upload.leaveOut(some);
    } catch (error) {
      if (error.status !== 401) toast(error.status === undefined ? t("offline") : problem(error), "bad");
    }
  }

  const hover = (is) => (event) => {
    event.preventDefault();
    if (is !== over) { over = is; draw(); }
  };
  const open = (name) => (event) => event.target.closest(".au-drop").querySelector(`[name=${name}]`).click();
  const whyNot = ({ error }) => (error.status !== undefined ? problem(error) : t("au_unreadable"));

  function names(title, some, extra, acts = nothing, opened = false) {
    if (!some.length) return nothing;
    return html`<details class="au-files" ?open=${opened}><summary>${title}</summary>${acts}<ul>${some.slice(0, SHOWN).map((one) => html`<li><span>${one.name}</span><small>${extra(one)}</small>
      <button type="button" class="quiet" aria-label=${t("au_take_out", { name: one.name })} @click=${() => leaveOut([one])}>×</button></li>`)}</ul>
      ${some.length > SHOWN ? html`<p class="dim">${t("au_and_more", { count: some.length - SHOWN })}</p>` : nothing}</details>`;
  }

  function shown() {
    const sum = sumOf(upload.entries);
    const all = [...upload.entries.values()];
    const of = (state) => all.filter((one) => one.state === state);
    const busy = sum.waiting + sum.sending > 0;
    const failed = of("failed");
    const part = of("part");
    const ready = sum.files > 0 && sum.up === sum.files;
    const numbers = { up: sum.up, files: sum.files, sent: bytes(sum.sent), bytes: bytes(sum.bytes) };
    return html`<section class="au-card"><h2>${t("au_files")}</h2>
      <div class=${over ? "au-drop over" : "au-drop"} @dragover=${hover(true)} @dragleave=${hover(false)} @drop=${dropped}>
        <p>${t("au_drop")}</p><div class="au-acts"><button type="button" class="au-button" @click=${open("files")}>${t("au_choose_files")}</button><button type="button" class="au-button" @click=${open("folder")}>${t("au_choose_folder")}</button></div>
        <input type="file" name="files" multiple hidden @change=${chosen}><input type="file" name="folder" webkitdirectory hidden @change=${chosen}>
        <small>${t("au_takes")}</small></div>
      ${sum.files ? html`<div class="au-progress"><progress max=${Math.max(1, sum.bytes)} .value=${sum.sent} aria-label=${t("au_uploaded")}></progress>
        <p>${t("au_uploaded_of", numbers)} <b class="error" role="status">${upload.away ? t("au_waits") : nothing}</b></p></div>` : nothing}
      ${names(t("au_failed_files", { count: failed.length }), failed, whyNot, html`<div class="au-acts"><button type="button" class="au-button" @click=${upload.retry}>${t("retry")}</button><button type="button" class="au-button" @click=${() => leaveOut(failed)}>${t("au_leave_out")}</button></div>`, true)}
      ${names(t("au_part_files", { count: part.length }), part, (one) => t("au_part_of", { sent: bytes(one.sent), size: bytes(one.size) }), html`<p class="hint">${t("au_part_help")}</p><div class="au-acts"><button type="button" class="au-button" @click=${() => leaveOut(part)}>${t("au_leave_out")}</button></div>`, true)}
      ${names(t("au_up_files", { count: sum.up }), of("up"), (one) => bytes(one.size))}
      <div class="au-acts"><button type="button" class="primary" ?disabled=${!ready || starting} @click=${start}>${starting ? t("working") : t("au_start")}</button>
        <small role="status">${ready ? t("au_start_help") : busy ? t("au_start_later") : sum.files ? t("au_start_not") : nothing}</small></div></section>`;
  }

  return { shown, leave() { upload.listener = null; } };
}

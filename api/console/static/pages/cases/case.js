// One case: its pictures, what may become of it, its whole log, evidence, deliveries and call-backs.

import { get } from "../../core/api.js";
import { html, nothing, render, toast } from "../../core/elements.js";
import { when } from "../../core/format.js";
import { problem, word } from "../../core/sentence.js";
import { pill } from "../../core/stages.js";
import { besideKind, kindName, t } from "../../core/words.js";
import { facts } from "../review/facts.js";
import { look } from "../review/look.js";
import { placeMap } from "../review/place.js";
import { plateKeys, plateLine } from "../review/plate.js";
import { deliveries } from "./deliveries.js";
import { evidence } from "./evidence.js";
import { nextSteps } from "./next.js";
import { passage } from "./passage.js";
import { claim, hold, takePackage } from "./taking.js";
import { trail } from "./trail.js";

const DECIDABLE = ["pending_review", "silenced", "inhibited", "second_review"];
const SOON_MS = 300;

/** `element`, `open(id)`, `heard(event)`, `keys()`, `redraw()`, `leave()`; `back` leads to the list. */
export function casePage({ site, back }) {
  const { rights, label } = site.me;
  const can = (right) => rights.includes(right);
  const mayOriginal = can("originals");
  const element = document.createElement("article");
  element.className = "case-page";
  const pictures = look({ mayOriginal, mayReview: can("review"), masked: update, said });
  const map = placeMap(() => draw());
  const ways = deliveries({ mayDeliveries: can("deliveries"), mayReplay: can("replay"), changed: draw });
  let item = null;
  let failed = null;
  let wanted = "";
  let timer = 0;

  function said(error) {
    if (error.status !== 401) toast(error.status === undefined ? t("offline") : problem(error), "bad");
  }

  async function open(id) {
    if (wanted !== id) item = null;
    wanted = id;
    failed = null;
    draw();
    await load();
    if (wanted === id) element.querySelector("h1")?.focus();
  }

  async function load() {
    const id = wanted;
    try {
      const got = await get(`/v1/cases/${encodeURIComponent(id)}`);
      if (wanted === id) update(got);
    } catch (error) {
      if (error.status === 401 || wanted !== id) return;
      failed = error;
      draw();
      return;
    }
    ways.load(id).catch(said);
  }

  function update(next) {
    const again = item?.case_id === next.case_id;
    item = next;
    pictures.show(item, { again });
    if (!again) map.show(item);
    draw();
  }

  function taken(next, step) {
    update(next);
    toast(t("step_taken", { step: word("steps", step) }), "good");
    ways.load(next.case_id).catch(said);
  }

  const claimed = (path, body) => claim(item, path, body).then(load).catch(said);

  function holding() {
    if (!DECIDABLE.includes(item.stage) || !can("review")) return nothing;
    if (!item.claimed_by) return html`<button type="button" class="more" @click=${() => claimed("claim")}>${t("claim")}</button>`;
    if (item.claimed_by === label) return html`<button type="button" class="more" @click=${() => claimed("release")}>${t("release")}</button>`;
    return can("take_over") ? html`<button type="button" class="more" @click=${() => claimed("claim", { take_over: true })}>${t("take_over")}</button>` : nothing;
  }

  const flags = () => [
    item.outcome && word("outcomes", item.outcome), item.supervised && `${t("supervised")} ${when(item.supervised)}`, item.appealed && `${t("appealed")} ${when(item.appealed)}`,
    item.hold && `${t("on_hold")} · ${item.hold.by} · ${item.hold.reason}`, item.claimed_by && t("held_now", { name: item.claimed_by }),
    item.task_no && `${t("f_task_no")} ${item.task_no}`, item.file_no && `${t("f_file_no")} ${item.file_no}`,
  ].filter(Boolean);

  function head() {
    return html`<header class="case-head"><a class="back-link" href="#/cases" @click=${(event) => { event.preventDefault(); back(); }}>← ${t("back")}</a>
      <h1 tabindex="-1">${kindName(item.kind)} <small>${besideKind(item.kind, item.subtype)}</small></h1>${pill(item.stage)}<code class="case-id">${item.case_id}</code>
      <div class="case-acts">${holding()}
        ${can("hold") ? html`<button type="button" class="more" @click=${() => hold(item, update)}>${t(item.hold ? "hold_off" : "hold_on")}</button>` : nothing}
        <button type="button" class="more" @click=${() => takePackage(item, mayOriginal)}>${t("package")}</button></div>
      ${flags().length ? html`<ul class="flags">${flags().map((flag) => html`<li>${flag}</li>`)}</ul>` : nothing}</header>`;
  }

  function draw() {
    if (failed && !item) {
      return render(html`<div class="case-none"><h1 tabindex="-1">${failed.status === 404 ? t("case_unknown") : t("case_failed")}</h1><p class="dim">${failed.status === undefined ? t("offline") : problem(failed)}</p>
        <p><button type="button" class="more" @click=${back}>${t("back")}</button> ${failed.status === 404 ? nothing : html`<button type="button" class="primary" @click=${load}>${t("retry")}</button>`}</p></div>`, element);
    }
    if (!item) return render(html`<div class="case-none" role="status"><p class="dim">${t("loading_cases")}</p></div>`, element);
    return render(html`${head()}
      <div class="case-top">${pictures.element}<div class="case-side">${nextSteps(item, taken)}${passage(item)}<section class="about" aria-label=${t("about")}><h2>${t("about")}</h2>${facts(item, map.element, { trail: false, plate: plateLine(item, can("review"), update) })}</section></div></div>
      <div class="case-more">${trail(item)}<div class="case-files">${evidence(item, { mayOriginal, again: draw, said })}${ways.template()}</div></div>`, element);
  }

  return {
    element, open,
    heard(event) {
      if (!item || !["case", "clock", "reached"].includes(event.type) || (event.type === "case" && event.data.id !== item.case_id)) return;
      clearTimeout(timer);
      timer = setTimeout(load, SOON_MS);
    },
    keys: () => ({ ...pictures.keys(), ...plateKeys(item, can("review"), update), Escape: { label: t("back"), does: () => (pictures.drawing ? pictures.keys().Escape?.does() : back()) } }),
    redraw() {
      pictures.redraw();
      map.redraw();
      draw();
    },
    leave() {
      clearTimeout(timer);
      wanted = "";
      map.close?.();
    },
  };
}

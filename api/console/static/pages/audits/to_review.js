// Violations of an audit put to review as cases: all of them, or those that somebody chose.

import { get, picture, post } from "../../core/api.js";
import { html, nothing, toast } from "../../core/elements.js";
import { percent } from "../../core/format.js";
import { problem } from "../../core/sentence.js";
import { besideKind, kindName, t } from "../../core/words.js";

/** The server takes so many at a time. */
const AT_ONCE = 100;
const SHOWN = 24;

/** The part of an audit's page that does it; `draw` draws that again. */
export function toReview(audit, draw) {
  const path = `/v1/audits/${audit.id}`;
  const pictures = new Map();
  const chosen = new Set();
  const done = new Map();
  let list = null;
  let shownOf = SHOWN;
  let busy = false;

  /** Say what went wrong, if something did; while it is done no button does anything. */
  async function doing(does) {
    busy = true;
    draw();
    try {
      await does();
    } catch (error) {
      if (error.status !== 401) toast(error.status === undefined ? t("offline") : problem(error), "bad");
    }
    busy = false;
    draw();
  }

  /** Ask until nothing is left; a later answer names what an earlier one made once more, as known. */
  async function put(body) {
    let left;
    do {
      const answer = await post(`${path}/cases`, body);
      for (const one of answer.items) if (!done.has(one.violation)) done.set(one.violation, one);
      left = answer.left;
      draw();
    } while (left);
  }

  const putAll = () => doing(() => put({}));
  const putChosen = () => doing(async () => {
    const wanted = [...chosen];
    for (let at = 0; at < wanted.length; at += AT_ONCE) await put({ violations: wanted.slice(at, at + AT_ONCE) });
    chosen.clear();
  });

  const choose = () => doing(async () => {
    const report = await get(`${path}/report.json`, { reason: t("au_choose_why") });
    const records = new Map([...report.pictures, ...report.videos].map((one) => [one.name, one.record]));
    list = report.violations.map((one) => {
      const best = one.sightings.reduce((a, b) => (b.score > a.score ? b : a));
      const record = records.get(best.picture);
      const found = record?.findings[best.finding];
      return { ...one, best, picture: found?.crop || record?.annotated || found?.pictures?.[0]?.annotated };
    });
  });

  /** A picture of the report, once it is here. */
  function thumbnail(name) {
    if (name && !pictures.has(name)) {
      pictures.set(name, null);
      picture(`${path}/${name}`).then((url) => { pictures.set(name, url); draw(); }, () => {});
    }
    const url = pictures.get(name);
    return url ? html`<img src=${url} alt="">` : html`<span class="au-blank"></span>`;
  }

  function tick(id, on) {
    if (on) chosen.add(id);
    else chosen.delete(id);
    draw();
  }

  const card = (one) => html`<li><label><input type="checkbox" .checked=${chosen.has(one.id)} ?disabled=${busy || done.has(one.id)} @change=${(event) => tick(one.id, event.target.checked)}>
    ${thumbnail(one.picture)}<span><b>${kindName(one.kind)}</b> ${besideKind(one.kind, one.subtype)}<small>${one.best.picture} · ${t("score")} ${percent(one.score)}</small></span></label>
    ${done.has(one.id) ? html`<a href="#/cases/${done.get(one.id).case_id}">${done.get(one.id).case_id}</a>` : nothing}</li>`;

  function told() {
    const made = [...done.values()].filter((one) => one.new).length;
    return html`<p class="au-told" role="status">${done.size ? html`${t("au_put", { made, there: done.size - made })} <a href="#/review">${t("au_go_review")}</a>` : nothing}</p>`;
  }

  function shown() {
    const count = audit.counts.violations;
    if (!count) return nothing;
    return html`<section class="au-card"><h2>${t("au_review")}</h2><p class="hint">${t("au_review_help")}</p>
      <div class="au-acts"><button type="button" class="primary" ?disabled=${busy} @click=${putAll}>${busy ? t("working") : t("au_put_all", { count })}</button>
        ${list ? html`<button type="button" class="au-button" ?disabled=${busy || !chosen.size} @click=${putChosen}>${t("au_put_chosen", { count: chosen.size })}</button>`
    : html`<button type="button" class="au-button" ?disabled=${busy} @click=${choose}>${t("au_choose")}</button>`}</div>
      ${told()}
      ${list ? html`<ul class="au-violations">${list.slice(0, shownOf).map(card)}</ul>
        ${list.length > shownOf ? html`<button type="button" class="au-button" @click=${() => { shownOf += SHOWN; draw(); }}>${t("more")}</button>` : nothing}` : nothing}</section>`;
  }

  return { shown, leave() { for (const url of pictures.values()) if (url) URL.revokeObjectURL(url); } };
}

// How a case got to the city's systems, and what they said of it: deliveries with dead letters that can be
// sent again, call-backs applied or not.

import { get, post } from "../../core/api.js";
import { html, nothing, toast } from "../../core/elements.js";
import { ago, when } from "../../core/format.js";
import { eventName, problem } from "../../core/sentence.js";
import { t } from "../../core/words.js";

const TOGETHER = 200;

/** `load(id)` asks; `template()` is both lists; `changed()` is called when there is something new. */
export function deliveries({ mayDeliveries, mayReplay, changed }) {
  let of = null;
  let sent = [];
  let heard = [];
  let busy = null;

  async function load(id) {
    if (of !== id) sent = heard = [];
    of = id;
    const [out, back] = await Promise.all([mayDeliveries ? outgoing(id) : [], get(`/v1/cases/${encodeURIComponent(id)}/callbacks`, { limit: TOGETHER })]);
    if (of !== id) return;
    sent = out;
    heard = back.items;
    changed();
  }

  async function outgoing(id) {
    const { items } = await get("/v1/webhooks");
    const pages = await Promise.all(items.map((hook) => get(`/v1/webhooks/${encodeURIComponent(hook.name)}/deliveries`, { case: id, limit: TOGETHER })
      .then((page) => page.items.map((one) => ({ ...one, receiver: hook.name, removed: hook.removed })))));
    return pages.flat().sort((a, b) => b.id - a.id);
  }

  async function replay(one) {
    busy = one.id;
    changed();
    try {
      const { replayed } = await post(`/v1/webhooks/${encodeURIComponent(one.receiver)}/replay?delivery=${one.id}`);
      toast(t(replayed ? "replayed" : "replayed_none"), replayed ? "good" : "info");
      await load(of);
    } catch (error) {
      if (error.status !== 401) toast(problem(error) || t("offline"), "bad");
    } finally {
      busy = null;
      changed();
    }
  }

  const state = (one) => html`<span class="standing ${one.state}">${t(`delivery_${one.state}`)}</span>`;
  const row = (one) => html`<tr><td>${one.receiver}<small>${eventName(one.type)} · #${one.sequence}</small></td><td>${state(one)}<small>${t("attempts", { count: one.attempts })}</small></td>
    <td class="number">${when(one.delivered_at ?? one.created_at, true)}${one.next_attempt_at && one.attempts ? html`<small>${t("next_attempt")} ${ago(one.next_attempt_at)}</small>` : nothing}</td>
    <td class="result">${one.last_result ?? ""}</td>
    <td>${mayReplay && !one.removed && one.state === "dead" ? html`<button type="button" class="more" ?disabled=${busy === one.id} @click=${() => replay(one)}>${t("replay")}</button>` : nothing}</td></tr>`;
  const back = (one) => html`<tr><td>${eventName(one.said.event)}<small>${one.receiver}</small></td><td><span class="standing ${one.state}">${t(`callback_state_${one.state}`)}</span></td>
    <td class="number">${when(one.received_at, true)}</td><td class="result">${[one.reason, one.said.note].filter(Boolean).join(" · ")}</td></tr>`;
  const head = (names) => html`<thead><tr>${names.map((name) => html`<th scope="col">${t(name)}</th>`)}</tr></thead>`;

  const template = () => html`${mayDeliveries ? html`<section aria-label=${t("deliveries")}><h2>${t("deliveries")} <span class="dim">${sent.length}</span></h2>
      ${sent.length ? html`<div class="wide"><table class="plain">${head(["receiver", "standing", "time", "result", "actions"])}<tbody>${sent.map(row)}</tbody></table></div>` : html`<p class="dim">${t("deliveries_none")}</p>`}</section>` : nothing}
    <section aria-label=${t("callbacks")}><h2>${t("callbacks")} <span class="dim">${heard.length}</span></h2>
      ${heard.length ? html`<div class="wide"><table class="plain">${head(["said_by", "standing", "time", "result"])}<tbody>${heard.map(back)}</tbody></table></div>` : html`<p class="dim">${t("callbacks_none")}</p>`}</section>`;

  return { load, template };
}

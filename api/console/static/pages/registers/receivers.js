// Receivers of webhooks: what waits for each, since when one fails, a test ping.

import { get, post } from "../../core/api.js";
import { fill, h } from "../../core/dom.js";
import { ago } from "../../core/format.js";
import { t } from "../../core/words.js";

/** The view of the receivers, for keys that may see deliveries: `element`, `refresh()`. */
export function receiversView(site) {
  const element = h("div.tiles");
  const tiles = new Map();

  async function refresh() {
    const { items } = await get("/v1/webhooks");
    const names = items.map((one) => one.name).join("\n");
    if (element.dataset.names !== names) {
      element.dataset.names = names;
      tiles.clear();
      for (const one of items) tiles.set(one.name, tile(one, site.me.rights.includes("replay")));
      fill(element, [...tiles.values()].map((made) => made.element),
        !items.length && h("div.empty", {}, h("h2", {}, t("no_receivers"))));
    }
    for (const one of items) tiles.get(one.name).update(one);
  }

  return { element, refresh, keys: {} };
}

function tile(receiver, mayPing) {
  const counts = h("p.dim");
  const error = h("p.error");
  const said = h("p.dim", { role: "status" });
  const button = h("button", { type: "button", onclick: ping }, t("ping"));

  function update(now) {
    counts.textContent = `${now.pending} ${t("waiting")} · ${now.delivered} ${t("delivered")} · ${now.dead} ${t("dead_letters")}`;
    error.textContent = [
      now.removed && t("removed_help"),
      now.failing_since && `${t("failing_since")} ${ago(now.failing_since)}: ${now.last_error}`,
    ].filter(Boolean).join(" ");
  }

  async function ping() {
    button.disabled = true;
    said.textContent = t("pinging");
    try {
      const now = await post(`/v1/webhooks/${encodeURIComponent(receiver.name)}/ping`, {});
      said.textContent = `${now.accepted ? t("ping_good") : now.said} (${now.status ?? t("no_answer")}, ${now.latency_ms} ms)`;
    } catch (refused) {
      said.textContent = refused.message;
    } finally {
      button.disabled = false;
    }
  }

  const element = h("article.tile", { "aria-label": receiver.name },
    h("h3", {}, receiver.name), h("p.dim", {}, [receiver.adapter, receiver.url].filter(Boolean).join(" · ")),
    counts, error, mayPing && !receiver.removed && h("p", {}, button), said);
  return { element, update };
}

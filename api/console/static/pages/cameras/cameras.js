// Camera tiles: state, latest picture, counts.

import { get, picture } from "../../core/api.js";
import { fill, h } from "../../core/dom.js";
import { ago } from "../../core/format.js";
import { kindName, t } from "../../core/words.js";

/** The view of the cameras: `element`, `refresh()`, `leave()`. */
export function camerasView() {
  const element = h("div.tiles");
  const tiles = new Map();

  async function refresh() {
    const { items } = await get("/v1/cameras");
    const names = items.map((camera) => camera.id).join("\n");
    if (element.dataset.names !== names) {
      leave();
      element.dataset.names = names;
      for (const camera of items) tiles.set(camera.id, tile(camera));
      fill(element, [...tiles.values()].map((made) => made.element),
        !items.length && h("div.empty", {}, h("h2", {}, t("no_cameras"))));
    }
    await Promise.all(items.map((camera) => tiles.get(camera.id).update(camera)));
  }

  function leave() {
    for (const made of tiles.values()) made.drop();
    tiles.clear();
    delete element.dataset.names;
  }

  return { element, refresh, leave, keys: {} };
}

function tile(camera) {
  const img = h("img", { alt: `${t("camera")} ${camera.id}`, hidden: true });
  const blank = h("div.blank", {}, t("no_frame"));
  const state = h("span.state");
  const facts = h("p.dim");
  const error = h("p.error");
  let url = null;

  async function update(now) {
    const doubtful = now.state === "alive" && now.view !== "clear";
    state.className = `state ${doubtful ? "doubtful" : now.state}`;
    state.textContent = doubtful ? t(now.view) : t(now.state);
    const dropped = Object.values(now.dropped).reduce((sum, count) => sum + count, 0);
    facts.textContent = [
      now.preset, now.width && `${now.width}×${now.height}`, now.read && `${now.analysed} ${t("analysed")}`,
      now.stood && `${now.stood} ${t("stood")}`,
      dropped && `${dropped} ${t("dropped")}`, now.reconnects && `${now.reconnects} ${t("reconnects")}`,
      now.last_frame_at && ago(now.last_frame_at),
    ].filter(Boolean).join(" · ");
    error.textContent = now.error ?? (doubtful ? t("rules_pause") : "");
    if (now.state === "unwatched" || !now.last_frame_at) return;
    try {
      const fresh = await picture(`/v1/cameras/${encodeURIComponent(now.id)}/snapshot`);
      drop();
      url = fresh;
      img.src = url;
      img.hidden = false;
      blank.hidden = true;
    } catch (refused) {
      if (refused.status !== 404) throw refused;
    }
  }

  function drop() {
    if (url) URL.revokeObjectURL(url);
    url = null;
  }

  const element = h("article.tile", { "aria-label": camera.id },
    h("div.screen", {}, img, blank, state),
    h("h3", {}, camera.id), camera.address && h("p", {}, camera.address),
    h("p.dim", {}, camera.zones.join(" · ")), h("p.tags", {}, camera.kinds.map((kind) => h("span", {}, kindName(kind)))),
    facts, error);
  return { element, update, drop };
}

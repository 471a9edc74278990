// How many cases wait and which, narrowed by kind and camera: counted now and then, and when something changed.

import { problem } from "../../core/sentence.js";
import { t } from "../../core/words.js";
import * as server from "./queue.js";

const FEW = 1; // cases that are asked for while nobody sees the list
const SOON_MS = 400; // many cases at once are one change of the list

/** Keeps `page.queue`, and `page.failed` where that could not be; `cameras` are all that were heard of. */
export function waitingCases({ page, shell, draw }) {
  const cameras = new Set();

  async function count() {
    page.counted = Date.now();
    try {
      page.queue = await server.waiting(page.filter, page.listed ? undefined : FEW);
      page.failed = "";
      Object.keys(page.queue.by_camera).forEach((camera) => cameras.add(camera));
      if (!page.filter.kind && !page.filter.camera) shell.counted(page.queue.total);
    } catch (error) {
      if (error.status === 401) return;
      page.failed = error.status === undefined ? t("offline") : problem(error);
    }
    if (!page.left) draw();
  }

  function countSoon() {
    page.soon ??= setTimeout(() => { page.soon = null; count(); }, SOON_MS);
  }

  /** One less waits, until the server counts again. */
  function fewer(id) {
    page.queue = { ...page.queue, total: Math.max(0, page.queue.total - 1), items: page.queue.items.filter((one) => one.case_id !== id) };
    if (!page.filter.kind && !page.filter.camera) shell.counted(page.queue.total);
  }

  return { cameras, count, countSoon, fewer, close: () => clearTimeout(page.soon) };
}

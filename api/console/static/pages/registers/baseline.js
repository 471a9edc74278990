// The structure baseline: what each camera's rules have learnt to have stood there before.

import { get } from "../../core/api.js";
import { html } from "../../core/elements.js";
import { when } from "../../core/format.js";
import { t } from "../../core/words.js";
import { book, table } from "./book.js";

/** The baseline, to be read: it is learnt from the pictures, or comes from the file that the site names. */
export function baseline() {
  return book({
    ask: async () => {
      const answer = await get("/v1/baseline");
      return answer.items ?? answer;
    },
    missing: "baseline_missing",
    shown: (items) => html`<p class="hint">${t("baseline_help")}</p>${table([
      { head: t("camera"), cell: (one) => html`<a href="#/cameras/${encodeURIComponent(one.camera)}">${one.camera}</a>` },
      { head: t("zone"), cell: (one) => one.zone },
      { head: t("known_count"), cell: (one) => one.known.length, number: true },
      { head: t("dated"), cell: (one) => (!one.dated ? "–" : one.dated.length > 10 ? when(one.dated) : one.dated), number: true },
    ], items, t("baseline_none"), t("book_baseline"))}`,
  });
}

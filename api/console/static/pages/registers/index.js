// The registers: what the site keeps lists of, each behind a tab for those who may see it.

import { html, render } from "../../core/elements.js";
import { t } from "../../core/words.js";
import { accessLog } from "./access_log.js";
import { admissibility } from "./admissibility.js";
import { baseline } from "./baseline.js";
import { entries } from "./entries.js";
import { keys } from "./keys.js";
import { receivers } from "./receivers.js";
import { users } from "./users.js";

/** Tab by tab: who may see it, and what makes it. */
const BOOKS = {
  permits: { rights: ["setup", "access_log"], make: (page) => entries("permits", page) },
  assets: { rights: ["setup", "access_log"], make: (page) => entries("assets", page) },
  silences: { rights: ["setup", "access_log"], make: (page) => entries("silences", page) },
  baseline: { rights: ["setup", "access_log"], make: baseline },
  admissibility: { rights: ["read"], make: admissibility },
  receivers: { rights: ["deliveries"], make: receivers },
  users: { rights: ["accounts"], make: users },
  keys: { rights: ["accounts"], make: keys },
  access: { rights: ["access_log"], make: accessLog },
};

export default function registersPage({ site }) {
  const element = document.createElement("div");
  element.className = "registers";
  const body = document.createElement("div");
  body.className = "book";
  const can = (right) => site.me.rights.includes(right);
  const mine = Object.keys(BOOKS).filter((name) => BOOKS[name].rights.some(can));
  const page = { site, can };
  let name = "";
  let book = null;

  function draw() {
    render(html`<h1 class="unseen">${t("registers")}</h1><nav class="tabs" aria-label=${t("registers")}>${mine.map((one) => html`<a href="#/registers/${one}"
      aria-current=${one === name ? "page" : "false"}>${t(`book_${one}`)}</a>`)}</nav>${body}`, element);
  }

  return {
    element,
    open([wanted]) {
      const next = mine.includes(wanted) ? wanted : mine[0];
      if (next !== name) {
        book?.leave?.();
        name = next;
        book = BOOKS[name].make(page);
        body.replaceChildren(book.element);
      }
      draw();
      return book.open?.();
    },
    heard: (event) => book?.heard?.(event),
    keys: () => book?.keys?.() ?? {},
    redraw() {
      draw();
      book?.redraw?.();
    },
    leave: () => book?.leave?.(),
  };
}

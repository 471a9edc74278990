// Who looked at which original, and who took what away: for auditors.

import { get } from "../../core/api.js";
import { html, nothing } from "../../core/elements.js";
import { dayStart, when } from "../../core/format.js";
import { t } from "../../core/words.js";
import { book, table } from "./book.js";

const WHAT = ["original", "package", "export"];

/** The access log, narrowed and paged. */
export function accessLog() {
  let filters = { what: "", case: "", since: "", until: "" };
  let more = [];
  let next = null;
  const query = (cursor = "") => ({ what: filters.what, case: filters.case, since: dayStart(filters.since), until: filters.until ? dayStart(filters.until, 1) : "", cursor });
  const mine = book({
    ask: async () => {
      const page = await get("/v1/access-log", query());
      more = [];
      next = page.next;
      return page.items;
    },
    shown,
  });

  function set(change) {
    filters = { ...filters, ...change };
    mine.load();
  }

  async function further() {
    const page = await get("/v1/access-log", query(next));
    more = [...more, ...page.items];
    next = page.next;
    mine.redraw();
  }

  function shown(items) {
    const day = (name) => html`<label>${t(name)}<input type="date" .value=${filters[name]} @change=${(event) => set({ [name]: event.target.value })}></label>`;
    return html`<form class="narrow" @submit=${(event) => event.preventDefault()}>
        <label>${t("access_what")}<select @change=${(event) => set({ what: event.target.value })}><option value="">${t("all")}</option>${WHAT.map((what) => html`<option value=${what} ?selected=${what === filters.what}>${t(`access_${what}`)}</option>`)}</select></label>
        <label>${t("case_no")}<input type="search" maxlength="64" .value=${filters.case} @change=${(event) => set({ case: event.target.value.trim() })}></label>${day("since")}${day("until")}</form>
      ${table([
        { head: t("time"), cell: (one) => when(one.at, true), number: true },
        { head: t("access_what"), cell: (one) => html`${t(`access_${one.what}`)}<small>${one.detail}</small>` },
        { head: t("access_who"), cell: (one) => html`<b>${one.actor}</b><small>${[t(`role_${one.role}`), one.unit, one.address].filter(Boolean).join(" · ")}</small>` },
        { head: t("case_no"), cell: (one) => (one.case_id ? html`<a href="#/cases/${one.case_id}">${one.case_id}</a>` : html`<span class="dim">–</span>`) },
        { head: t("f_reason"), cell: (one) => one.reason },
      ], [...items, ...more], t("access_none"), t("book_access"))}
      ${next ? html`<button type="button" class="choice" @click=${further}>${t("more")}</button>` : nothing}`;
  }

  return mine;
}

// Somebody else changed this camera while it was edited here: what they changed, and what becomes of mine.

import { html } from "../../../core/elements.js";
import { t } from "../../../core/words.js";
import { differences, merged } from "./merge.js";

const words = ({ part, name, how }) => `${name ? `${t("zone")} ${name}` : t(`part_${part}`)}：${t(`was_${how}`)}`;

/** What the other changed against what both began from; `settle` takes what is to stay of mine, or nothing. */
export function conflict({ base, mine, theirs, settle }) {
  const changed = differences(base, theirs);
  const both = differences(base, mine).filter((each) => changed.some((other) => other.part === each.part && other.name === each.name));
  return html`<div class="conflict" role="alert"><b>${t("conflict")}</b>
    <ul>${changed.map((each) => html`<li>${words(each)}</li>`)}</ul>
    ${both.length ? html`<p>${t("conflict_both", { what: both.map((each) => each.name || t(`part_${each.part}`)).join(t("list_comma")) })}</p>` : ""}
    <div class="row"><button type="button" class="quiet" @click=${() => settle(null)}>${t("take_theirs")}</button>
      <button type="button" class="primary" @click=${() => settle(merged(base, mine, theirs))}>${t("mine_on_top")}</button></div></div>`;
}

// The case list with filters; a row opens the case beside it.

import { get } from "../../core/api.js";
import { detail, pill } from "../review/detail.js";
import { fill, h, toast } from "../../core/dom.js";
import { thumbnail } from "../review/pictures.js";
import { dayStart, lasting, when } from "../../core/format.js";
import { kindName, knownKinds, subtypeName, t } from "../../core/words.js";

const STAGES = [
  "pending_review", "second_review", "confirmed", "emitted", "filed", "dispatched", "handled", "verified", "returned",
  "noticed", "grace", "reobserved", "accepted", "transferred", "closed", "rejected", "silenced", "inhibited",
];

/** The view of all cases: `element`, `refresh()`, `keys`, and `show(id)` of the case in the address. */
export function casesView(site, cameras) {
  const rows = h("tbody");
  const foot = h("div.foot");
  const pane = h("div.drawer", { hidden: true });
  const pick = (label, options) => h("label", {}, t(label), h("select", { name: label, onchange: restart },
    h("option", { value: "" }, t("all")), options.map(([value, text]) => h("option", { value }, text))));
  const day = (label) => h("label", {}, t(label), h("input", { type: "date", name: label, onchange: restart }));
  const filters = h("form.filters", { onsubmit: (event) => event.preventDefault() },
    pick("kind", knownKinds().map((kind) => [kind.name, kindName(kind.name)])),
    pick("stage", STAGES.map((stage) => [stage, t(stage)])),
    pick("camera", cameras.map((camera) => [camera.id, camera.id])), day("since"), day("until"));
  const heads = ["", "kind", "stage", "camera", "zone", "first_seen", "dwell", "score"];
  const table = h("table", {}, h("thead", {}, h("tr", {}, heads.map((head) =>
    h("th", { scope: "col" }, head && t(head))))), rows);
  const element = h("div.cases", {}, filters, h("div.scroller", {}, table, foot), pane);
  let shownRows = "";
  let pages = 1;

  const query = () => {
    const { kind, stage, camera, since, until } = filters.elements;
    return { kind: kind.value, stage: stage.value, camera: camera.value, since: dayStart(since.value), until: dayStart(until.value, 1), limit: 50 };
  };

  function restart() {
    pages = 1;
    shownRows = "";
    refresh().catch((error) => toast(error.message, "bad"));
  }

  async function refresh() {
    const items = [];
    let cursor = "";
    for (let page = 0; page < pages && cursor !== null; page += 1) {
      const answer = await get("/v1/cases", { ...query(), cursor });
      items.push(...answer.items);
      cursor = answer.next;
    }
    const now = JSON.stringify([items.map((i) => [i.case_id, i.stage, i.when.last_seen]), cursor]);
    if (now === shownRows) return;
    shownRows = now;
    fill(rows, items.map(row));
    fill(foot,
      !items.length && h("div.empty", {}, h("h2", {}, t("none")), h("p", {}, t("none_help"))),
      cursor !== null && h("button.more", { type: "button", onclick: () => { pages += 1; refresh(); } }, t("more")));
  }

  function row(item) {
    return h("tr", { onclick: () => open(item.case_id) },
      h("td", {}, thumbnail(item)),
      h("td", {}, h("button.link", { type: "button", onclick: (event) => { event.stopPropagation(); open(item.case_id); } }, kindName(item.kind)),
        h("small", {}, subtypeName(item.kind, item.subtype))),
      h("td", {}, pill(item.stage), item.review?.reason && h("small", {}, t(item.review.reason))),
      h("td", {}, item.camera), h("td", {}, item.zone),
      h("td.number", {}, when(item.when.first_seen)), h("td.number", {}, lasting(item.when.dwell_s)),
      h("td.number", {}, `${Math.round(item.detector.score * 100)} %`));
  }

  async function open(caseId) {
    try {
      const item = await get(`/v1/cases/${encodeURIComponent(caseId)}`);
      const again = () => { restart(); open(caseId); };
      if (!element.isConnected) return; // another view came up while this one waited
      fill(pane, detail(item, site, { decided: again, lost: again, back: close }));
      pane.hidden = false;
      history.replaceState(null, "", `#/cases/${caseId}`);
      pane.querySelector(".back").focus();
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  function close() {
    pane.hidden = true;
    fill(pane);
    history.replaceState(null, "", "#/cases");
  }

  return { element, refresh, keys: { Escape: close }, show: (caseId) => caseId && open(caseId) };
}

// One case: pictures, facts, reasons, log, and the decision.

import { post } from "../../core/api.js";
import { dialog, fill, h, toast } from "../../core/dom.js";
import { gallery } from "./pictures.js";
import { ago, lasting, when } from "../../core/format.js";
import { kindName, spoken, subtypeName, t } from "../../core/words.js";

const CHECKS = ["authentic", "clear", "complete", "accurate"];
const UNDECIDED = ["pending_review", "silenced", "inhibited", "second_review"];

/** A stage as a pill. */
export const pill = (stage) => h(`span.pill.${stage}`, {}, t(stage));

/**
 * The element of one case, with `confirm()`, `reject()` and `tick(n)` for the keyboard.
 * `decided(case)` is called after a decision; `lost()` when somebody else decided first.
 */
export function detail(item, site, { decided, lost, back }) {
  const may = (right) => site.me.rights.includes(right);
  const root = h("article.detail", { "aria-label": item.case_id });
  const desk = UNDECIDED.includes(item.stage) && may("review") ? reviewDesk(item, site, decided, lost) : null;
  fill(root,
    h("header.head", {},
      h("button.back.quiet", { type: "button", onclick: back, "aria-label": t("back") }, "‹"),
      h("div.title", {},
        h("h2", {}, kindName(item.kind), h("small", {}, subtypeName(item.kind, item.subtype))),
        h("p.id", {}, item.case_id)),
      pill(item.stage)),
    h("div.body", {},
      h("div.main", {}, gallery(item, may("originals")), h("div.desk", {}, desk?.element ?? outcome(item, may))),
      h("aside.side", {}, muted(item), reasons(item), facts(item), prior(item), codes(item), legal(item), log(item))));
  return Object.assign(root, { confirm: desk?.confirm, reject: desk?.reject, tick: desk?.tick });
}

function reviewDesk(item, site, decided, lost) {
  const boxes = CHECKS.map((name, at) => h("input", { type: "checkbox", name, id: `check-${at}`, onchange: sync }));
  const note = h("input", { type: "text", maxLength: 2000, placeholder: t("note"), "aria-label": t("note") });
  const yes = h("button.primary", { type: "button", onclick: confirm }, t("confirm"), h("kbd", {}, "C"));
  const no = h("button.danger", { type: "button", onclick: reject }, t("reject"), h("kbd", {}, "R"));
  const ready = () => boxes.every((box) => box.checked);
  function sync() {
    yes.classList.toggle("ready", ready());
  }
  async function send(body) {
    yes.disabled = no.disabled = true;
    try {
      const after = await post(`/v1/cases/${encodeURIComponent(item.case_id)}/review`, { ...body, note: note.value });
      toast(`${t(body.decision === "confirm" ? "done_confirm" : "done_reject")} · ${kindName(item.kind)}`, "good");
      decided(after);
    } catch (error) {
      yes.disabled = no.disabled = false;
      toast(error.status === 409 ? t("gone") : error.message, "bad");
      if (error.status === 409) lost();
    }
  }
  function confirm() {
    if (yes.disabled) return undefined;
    if (ready()) return send({ decision: "confirm", checks: Object.fromEntries(CHECKS.map((name) => [name, true])) });
    toast(t("checks_first"));
    return boxes.find((box) => !box.checked).focus();
  }
  function reject() {
    if (no.disabled) return;
    const checks = Object.fromEntries(boxes.map((box) => [box.name, box.checked]));
    const choose = (reason) => h("button.choice", { value: reason }, t(reason));
    const box = dialog(t("reject_why"), h("form.sheet", { method: "dialog" },
      h("h3", {}, t("reject_why")), ...site.rejections.map(choose),
      h("div.row", {}, h("button.quiet", { value: "" }, t("cancel")))));
    box.addEventListener("close", () => box.returnValue && send({ decision: "reject", reason: box.returnValue, checks }));
  }
  const element = h("section.decide", { "aria-label": t("decision") },
    h("fieldset", {}, h("legend", {}, t("checks")),
      boxes.map((box, at) => h("label.check", { htmlFor: box.id }, box, h("span", {}, t(box.name)), h("kbd", {}, String(at + 1))))),
    h("div.actions", {}, note, no, yes));
  return { element, confirm, reject, tick: (at) => { boxes[at].checked = !boxes[at].checked; sync(); } };
}

function outcome(item, may) {
  if (!item.review) return may("review") ? null : h("p.hint", {}, t("read_only"));
  const { decision, reason, reviewer, at, note } = item.review;
  return h("section.outcome", {},
    h("p", {}, h("b", {}, t(decision === "confirm" ? "done_confirm" : "done_reject")), reason && ` · ${t(reason)}`),
    h("p.hint", {}, `${t("reviewed_by")} ${reviewer} · ${when(at)}`),
    note && h("p.quote", {}, note));
}

const section = (title, ...children) => h("section", {}, h("h3", {}, title), ...children);

/** A link to another case. */
const caseLink = (id) => h("a.id", { href: `#/cases/${id}` }, id);

function muted(item) {
  if (item.stage === "silenced") return h("p.legal", {}, h("b", {}, `${t("silenced_until")} ${when(item.silenced_until)}`), " ", t("silenced_why"));
  return item.stage === "inhibited"
    && h("p.legal", {}, h("b", {}, t("inhibited_by")), " ", caseLink(item.inhibited_by), " ", t("inhibited_why"));
}

function prior(item) {
  return item.prior_cases?.length > 0 && section(t("prior_cases"),
    h("ul.prior", {}, item.prior_cases.map((id) => h("li", {}, caseLink(id)))));
}

function reasons(item) {
  return item.why.length > 0 && section(t("why"),
    h("ul.why", {}, item.why.map((why) => h("li", {}, why[spoken()]))));
}

function facts(item) {
  const { when: times, where, detector } = item;
  const rows = [
    ["zone", item.zone], ["camera", item.cameras.join(", ")], ["asset", item.asset], ["place", where.address],
    ["accuracy", where.accuracy_m !== null && `±${Math.max(1, Math.round(where.accuracy_m))} m`],
    ["dwell", lasting(times.dwell_s)],
    ["score", h("span.score", {}, h("meter", { min: 0, max: 1, value: detector.score, "aria-label": t("score") }), ` ${Math.round(detector.score * 100)} %`)],
    ["looks", String(detector.looks)], ["sightings", item.sightings > 1 && String(item.sightings)],
    ["first_seen", `${when(times.first_seen, true)} (${t(times.clock)})`], ["last_seen", when(times.last_seen, true)],
    ["cleared", times.cleared && when(times.cleared, true)],
    ["case_ended", times.ended && !times.cleared && `${when(times.ended, true)} · ${t(`by_${times.ended_by}`)}`],
    ["grid", where.grid], ["department", where.department?.name],
    ["model", `${detector.model} ${detector.version} · ${detector.sha256.slice(0, 8)}`],
  ];
  return h("dl.facts", {}, rows.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, t(name)), h("dd", {}, value)]));
}

function codes(item) {
  return item.codes.length > 0 && section(t("codes"), h("ul.codes", {}, item.codes.map((code) =>
    h("li", {}, h("b", {}, code.code), h("span", {}, code.name), h("small", {}, code.scheme)))));
}

function legal(item) {
  const why = item.legal_why?.map((reason) => reason[spoken()]).join("; ") ?? t("legal_why");
  return h("p.legal", {}, h("b", {}, t(item.legal_use)), " ", why);
}

const gap = (one) => `${t(`gap_${one.cause}`)} ${when(one.since, true)} – ${when(one.until, true)}`;

function log(item) {
  return section(t("log"), h("ol.log", {}, item.log.map((entry) => h("li", {},
    h(`i.${entry.stage}`),
    h("div", {}, h("b", {}, t(entry.action === "ended" ? "case_ended" : entry.action)), h("span", {}, entry.actor),
      h("time", { dateTime: entry.at, title: when(entry.at, true) }, ago(entry.at)),
      (entry.action === "rejected" || entry.action === "emitted") && entry.reason && h("p", {}, t(entry.reason)),
      entry.action === "ended" && h("p", {}, t(`by_${entry.data.ended_by}`)),
      entry.data.silence && h("p", {}, `${entry.data.silence} · ${entry.data.by}: ${entry.data.reason}`),
      entry.data.gaps?.length > 0 && h("p", {}, `${t("gaps")}: ${entry.data.gaps.map(gap).join("; ")}`),
      entry.data.clip?.missing.length > 0 && h("p", {}, `${t("clip_lacks")}: ${entry.data.clip.missing.join("; ")}`),
      entry.data.inhibitor && h("p", {}, caseLink(entry.data.inhibitor)),
      entry.data.note && h("p.quote", {}, entry.data.note))))));
}

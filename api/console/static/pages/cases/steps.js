// What each step of a case's life asks for: its fields, in the order of the form.

import { divisionTargets } from "../../core/divisions.js";

const to = { name: "to", max: 200 };
const reason = { name: "reason", top: true, long: true, required: true };
const by = { name: "by", max: 200 };
const at = { name: "at", type: "time", now: true };
const OUTCOMES = ["corrected", "persuaded", "decided", "transferred", "permitted", "no_legal_basis"];

/** With which outcomes a case may be closed from a stage, as `api/cases/stages.py` has it. */
const CLOSINGS = { verified: ["corrected", "persuaded"], reobserved: ["corrected", "persuaded"], accepted: ["decided"], transferred: ["transferred"] };

/** Fields of a step: `top` ones stand beside `data`; all but these are required unless they say otherwise. */
const FIELDS = {
  emit: [to],
  file: [{ name: "task_no", max: 200, required: false }, { name: "file_no", max: 200, required: false }],
  dispatch: [to],
  handle: [],
  return: [reason],
  notice: [
    { name: "said", long: true }, at, { name: "where", max: 200 },
    { name: "way", options: ["in_person", "loudspeaker", "voice", "text", "paper"] }, { name: "gateway", max: 200 }, { name: "answer", long: true, required: false },
  ],
  give_grace: [{ name: "until", type: "time", required: false }],
  reobserve: [at, { name: "still_there", options: ["no", "yes"], flag: true }],
  permit_check: [{ name: "asked", max: 200 }, by, at, { name: "result", options: ["no_permit", "permitted"] }, { name: "permit_no", max: 200, when: { result: "permitted" } }],
  legal_review: [by, { name: "approved", options: ["yes", "no"], flag: true }, { name: "opinion", long: true }, { name: "document_no", max: 200 }],
  close: [{ name: "outcome", options: OUTCOMES }],
  reassign: [{ name: "division", options: [] }, reason],
  transfer: [to, reason],
  ...Object.fromEntries(["withdraw", "supervise", "end_supervision", "appeal", "uphold", "overturn"].map((step) => [step, [reason]])),
};
const WITH_NOTE_REQUIRED = ["handle"];
/** Steps by which somebody takes back or overrules: they stand apart, in the colour of danger. */
export const GRAVE = ["withdraw", "overturn", "return", "reassign", "transfer"];
/** Steps on the way of most cases, in their order; the others are behind "more". */
export const USUAL = ["undo", "emit", "file", "dispatch", "handle", "verify", "notice", "give_grace", "reobserve", "accept", "permit_check", "legal_review", "close"];

/** The fields of a step of this case, as it is now. */
export function fieldsOf(step, { stage, where }) {
  const options = {
    outcome: () => [...(CLOSINGS[stage] ?? []), "permitted", "no_legal_basis"],
    division: () => divisionTargets().filter((code) => code !== where.division),
  };
  const fields = (FIELDS[step] ?? []).map((field) => (field.name in options ? { ...field, options: options[field.name]() } : field));
  return [...fields, { name: "note", top: true, long: true, required: WITH_NOTE_REQUIRED.includes(step) }];
}

/** What is sent, of a form's values by field. */
export function requestOf(step, fields, values, toMoment) {
  const request = { step };
  const data = {};
  for (const field of fields) {
    const given = values[field.name];
    if (!given || (field.when && !Object.entries(field.when).every(([name, value]) => values[name] === value))) continue;
    const value = field.flag ? given === "yes" : field.type === "time" ? toMoment(given) : given;
    if (field.top) request[field.name] = value;
    else data[field.name] = value;
  }
  return Object.keys(data).length ? { ...request, data } : request;
}

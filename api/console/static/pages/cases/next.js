// What may become of a case now: the legal next steps with their buttons, and what each asks for.

import { post } from "../../core/api.js";
import { divisionPath } from "../../core/divisions.js";
import { dialog, html, nothing, render } from "../../core/elements.js";
import { refusal } from "../../core/form.js";
import { moment, when } from "../../core/format.js";
import { sentence, word } from "../../core/sentence.js";
import { t } from "../../core/words.js";
import { fieldsOf, GRAVE, requestOf, USUAL } from "./steps.js";

const BY_REVIEW = ["confirm", "reject"];

/** The panel of the next steps; `taken(item)` is called with the case after one. */
export function nextSteps(item, taken) {
  const may = item.allowed_steps.filter((step) => !BY_REVIEW.includes(step));
  const usual = USUAL.filter((step) => may.includes(step));
  const others = may.filter((step) => !USUAL.includes(step));
  const theirs = (item.next_step?.steps ?? []).filter(({ step }) => !item.allowed_steps.includes(step));
  const button = (step) => html`<button type="button" class=${GRAVE.includes(step) ? "danger" : "more"} data-step=${step} @click=${() => take(item, step, taken)}>${word("steps", step)}${
    step === "undo" && item.undo_until ? html` <small>${t("undo_until", { time: when(item.undo_until, true).slice(-8) })}</small>` : nothing}</button>`;
  return html`<section class="next" aria-label=${t("next_step")}><h2>${t("next_step")}</h2>
    ${deadline(item)}
    ${item.allowed_steps.some((step) => BY_REVIEW.includes(step)) ? html`<a class="primary button" href="#/review/${item.case_id}">${t("go_review")}</a>` : nothing}
    ${usual.length ? html`<div class="steps">${usual.map(button)}</div>` : nothing}
    ${others.length ? html`<details><summary>${t("other_steps")} (${others.length})</summary><div class="steps">${others.map(button)}</div></details>` : nothing}
    ${!item.allowed_steps.length ? html`<p class="dim">${t(item.stage === "closed" || item.stage === "rejected" ? "no_steps_over" : "no_steps_theirs")}</p>` : nothing}
    ${theirs.length ? html`<p class="dim">${t("steps_of_others")}: ${theirs.map(({ step, roles }) => `${word("steps", step)} (${roles.map((role) => word("roles", role)).join(" / ")})`).join(t("list_comma"))}</p>` : nothing}
  </section>`;
}

function deadline({ deadline: due }) {
  if (!due) return html`<p class="dim">${t("no_deadline")}</p>`;
  const late = Date.parse(due.at) < Date.now();
  const term = due.amount === null ? t("deadline_stated") : `${t("deadline_term")} ${due.amount} ${sentence("units", due.unit) ?? due.unit}`;
  return html`<p class=${late ? "late" : ""}><b>${late ? t("due_overdue") : t("due_by")} ${when(due.at)}</b> <span class="dim">${term}</span></p>
    ${due.unseen ? html`<p class="dim">${t("unseen")}: ${due.unseen}</p>` : nothing}`;
}

/** Ask for what a step needs, and take it; what the server refuses stands in the form, and nothing is lost. */
function take(item, step, taken) {
  const fields = fieldsOf(step, item);
  const values = Object.fromEntries(fields.map((field) => [field.name, field.now ? when(new Date().toISOString()).replace(" ", "T") : field.options?.[0] ?? ""]));
  let refused = null;
  let busy = false;
  const box = dialog(word("steps", step), nothing);

  async function submit(event) {
    event.preventDefault();
    if (busy) return;
    busy = true;
    refused = null;
    draw();
    try {
      const after = await post(`/v1/cases/${encodeURIComponent(item.case_id)}/steps`, requestOf(step, fields, values, moment));
      box.close();
      taken(after, step);
    } catch (error) {
      refused = error;
      busy = false;
      draw();
      box.querySelector(".error")?.focus();
    }
  }

  function change(name, value) {
    values[name] = value;
    draw();
  }

  const shown = (field) => !field.when || Object.entries(field.when).every(([name, value]) => values[name] === value);

  function control(field) {
    const required = field.required ?? true;
    if (field.options) {
      return html`<select name=${field.name} @change=${(event) => change(field.name, event.target.value)}>${field.options.map((option) => html`<option value=${option} ?selected=${option === values[field.name]}>${optionName(field, option)}</option>`)}</select>`;
    }
    if (field.type === "time") return html`<input type="datetime-local" name=${field.name} .value=${values[field.name]} ?required=${required} @input=${(event) => { values[field.name] = event.target.value; }}>`;
    if (field.long) return html`<textarea name=${field.name} rows="2" maxlength="2000" ?required=${required} .value=${values[field.name]} @input=${(event) => { values[field.name] = event.target.value; }}></textarea>`;
    return html`<input type="text" name=${field.name} maxlength=${field.max} ?required=${required} .value=${values[field.name]} @input=${(event) => { values[field.name] = event.target.value; }}>`;
  }

  function draw() {
    render(html`<form class="sheet step" @submit=${submit}><h2>${word("steps", step)}</h2>
      ${fields.filter(shown).map((field) => html`<label><span>${fieldName(field, step)}${(field.required ?? true) ? nothing : html`<span class="dim">${t("optional")}</span>`}</span>${control(field)}</label>`)}
      ${step === "give_grace" ? html`<p class="hint">${t("grace_help")}</p>` : nothing}
      ${refused ? html`<div class="error" role="alert" tabindex="-1">${refused_(refused)}</div>` : nothing}
      <div class="row"><button type="button" class="quiet" @click=${() => box.close()}>${t("cancel")}</button>
        <button class=${GRAVE.includes(step) ? "danger" : "primary"} ?disabled=${busy}>${word("steps", step)}</button></div></form>`, box);
  }

  draw();
  box.querySelector("select, input, textarea, button.primary").focus();
}

const fieldName = (field, step) => t(field.name === "reason" && step === "appeal" ? "f_reason_appeal" : `f_${field.name}`);

function optionName(field, option) {
  if (field.name === "outcome") return word("outcomes", option);
  if (field.name === "result") return word("permit_checks", option);
  if (field.name === "division") return divisionPath(option);
  return t(field.flag ? `${field.name}_${option}` : `way_${option}`);
}

/** Why a step was refused: what is missing, and where it says so, what may be done and by whom. */
function refused_(error) {
  const possible = Object.entries(error.said?.possible ?? {});
  return html`${refusal(error)}
    ${possible.length ? html`<p>${t("possible_now")}${t("colon")}${possible.map(([step, roles]) => `${word("steps", step)} (${roles.map((role) => word("roles", role)).join(" / ")})`).join(t("list_comma"))}</p>` : nothing}`;
}

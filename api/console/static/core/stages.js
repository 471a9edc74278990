// Stages of a case: in the order of its life, each with the state colour that says who has to act.

import { html } from "./elements.js";
import { t } from "./words.js";

/** Stage by stage, in the order in which a case comes through them. */
export const STAGES = {
  pending_review: "warn", second_review: "warn", confirmed: "info", emitted: "info", filed: "info", dispatched: "info", handled: "info",
  verified: "info", returned: "bad", noticed: "info", grace: "info", reobserved: "warn", accepted: "info", transferred: "info",
  closed: "good", rejected: "dim", silenced: "dim", inhibited: "dim",
};

export const toneOf = (stage) => STAGES[stage] ?? "info";

/** A stage as a small label. */
export const pill = (stage) => html`<span class="pill ${stage}">${t(stage)}</span>`;

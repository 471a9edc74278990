// Why a request failed, in the page's language.

import { problem } from "../../core/sentence.js";
import { t } from "../../core/words.js";

/** What the server refused, or that it was not reached. */
export const explained = (error) => (error.status === undefined ? t("offline") : problem(error) || t("offline"));

// What the server finds wrong in a value or a file, in the page's language.

import { sentence } from "./sentence.js";
import { t } from "./words.js";

/** The sentence of a mistake's code, else the server's own words; what to do, and its line of the file. */
export const mistakeWords = ({ code, params, detail, mend, line }) => [
  sentence("invalid", code, params) ?? [detail, mend].filter(Boolean).join(" "),
  line ? t("in_line", { line }) : "",
].filter(Boolean).join(" ");

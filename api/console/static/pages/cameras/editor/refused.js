// Why an outline is not taken, said to who draws it.

import { toast } from "../../../core/elements.js";
import { t } from "../../../core/words.js";

export const refusedOutline = ({ word, values }) => toast(t(word, values), "bad");

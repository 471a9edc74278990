// A rule's reason in the language that is spoken, as the server wrote it.

import { spoken } from "../../core/words.js";

export const reasonWords = (reason) => (typeof reason === "string" ? reason : reason[spoken()] ?? reason.en ?? "");

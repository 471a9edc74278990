// Files from the server: asked for with the key or the session, then given to the browser to keep.

import { ask } from "./api.js";

const TOO_SOON_MS = 60_000;

/** Ask for a file and let the browser keep it under the name that the server gave, else `name`. */
export async function download(path, name) {
  const answer = await ask(path);
  const given = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1];
  const url = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = given ?? name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), TOO_SOON_MS);
}

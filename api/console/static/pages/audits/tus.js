// Uploads by tus 1.0.0 (https://tus.io/protocols/resumable-upload): begin, ask how far it is, append a piece.

import { ask } from "../../core/api.js";

const PIECE = 8 * 2 ** 20;
const SPOKEN = { "Tus-Resumable": "1.0.0" };
const stands = (answer) => Number(answer.headers.get("Upload-Offset"));
const inBase64 = (name) => btoa(String.fromCharCode(...new TextEncoder().encode(name)));

/** Begin a file of an audit; gives its id. */
export async function begin(audit, name, size, signal) {
  const headers = { ...SPOKEN, "Upload-Length": String(size), "Upload-Metadata": `filename ${inBase64(name)}` };
  const answer = await ask(`/v1/audits/${audit}/files`, { method: "POST", headers, signal });
  return answer.headers.get("Location").split("/").pop();
}

/** How many bytes of it the server has. */
export const offset = async (audit, id, signal) => stands(await ask(`/v1/audits/${audit}/files/${id}`, { method: "HEAD", headers: SPOKEN, signal }));

/** Send the piece from this byte on; gives how many bytes the server has then. */
export async function append(audit, id, file, from, signal) {
  // Read first: a file that was moved or changed meanwhile fails here, and not as if the line were down.
  const body = await file.slice(from, from + PIECE).arrayBuffer();
  const headers = { ...SPOKEN, "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(from) };
  return stands(await ask(`/v1/audits/${audit}/files/${id}`, { method: "PATCH", headers, body, signal }));
}

/** Take a file back, or what has come of it. */
export const remove = (audit, id) => ask(`/v1/audits/${audit}/files/${id}`, { method: "DELETE", headers: SPOKEN });

// Zones of cameras as the site file draws them now, asked for once a camera while the page is open.

import { get } from "../../core/api.js";

const asked = new Map();

/** The corners of a case's zone, in fractions of the picture; null where its camera has no such zone any more. */
export async function zoneOf({ camera, zone }) {
  if (!asked.has(camera)) {
    const wanted = get(`/v1/cameras/${encodeURIComponent(camera)}/zones`);
    asked.set(camera, wanted);
    wanted.catch(() => asked.delete(camera));
  }
  return (await asked.get(camera)).items.find(({ name }) => name === zone)?.polygon ?? null;
}

/** Ask anew: zones were changed. */
export const forgetZones = () => asked.clear();

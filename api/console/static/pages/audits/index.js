// The audits: batches of photos and videos, uploaded, looked at, reported, put to review.

import { auditList } from "./list.js";
import { oneAudit } from "./audit.js";
import { goOn } from "./upload.js";

export default function auditsPage({ site }) {
  const element = document.createElement("div");
  element.className = "audits";
  const may = site.me.rights.includes("audits");
  let part = null;
  goOn(site.me.id);

  return {
    element,
    open([id]) {
      part?.leave();
      part = id ? oneAudit(id, { site, may }) : auditList({ may });
      element.replaceChildren(part.element);
      return part.load();
    },
    heard({ type }) {
      if (type !== "reached") return;
      goOn(site.me.id);
      part?.load();
    },
    keys: () => part?.keys?.() ?? {},
    redraw: () => part?.redraw(),
    leave: () => part?.leave(),
  };
}

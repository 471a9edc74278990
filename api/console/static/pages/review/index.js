// The review queue.

import { reviewView } from "./review.js";

export default function reviewPage({ site, shell }) {
  const view = reviewView(site, (count) => shell.counted(count));
  const keys = Object.fromEntries(Object.entries(view.keys).map(([key, does]) => [key, { does, label: "" }]));
  return { element: view.element, open: () => view.refresh(), heard: () => view.refresh(), keys: () => keys };
}

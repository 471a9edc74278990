// The registers: the receivers.

import { receiversView } from "./receivers.js";

export default function registersPage({ site }) {
  const view = receiversView(site);
  return { element: view.element, open: () => view.refresh(), heard: () => view.refresh() };
}

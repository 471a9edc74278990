// The cameras.

import { camerasView } from "./cameras.js";

export default function camerasPage() {
  const view = camerasView();
  return { element: view.element, open: () => view.refresh(), heard: () => view.refresh(), leave: () => view.leave() };
}

// Charts: drawn by Chart.js on a canvas, in the page's colours. What one shows stands in the table beneath it,
// so a canvas is a picture with a name and nothing that only eyes could read.

import "../../vendor/chart.js/chart.umd.min.js";
import { html } from "../../core/elements.js";
import { colour } from "../../core/colour.js";

const { Chart } = globalThis;
const drawn = new Map(); // canvas → its chart
const wanted = new WeakMap(); // canvas holder → what it is to show

/** A chart's place: `make()` gives Chart.js's configuration, with colours as they are when it is drawn. */
export const chart = (label, make, { tall = 220 } = {}) => html`<div class="chart ${tall > 300 ? "tall" : ""}" .chart=${make}><canvas role="img" aria-label=${label} height=${tall}></canvas></div>`;

/** Draw all charts of an element anew; those that are gone are let go. */
export function drawCharts(element) {
  for (const [canvas, made] of drawn) {
    if (canvas.isConnected) continue;
    made.destroy();
    drawn.delete(canvas);
  }
  for (const holder of element.querySelectorAll(".chart")) {
    const canvas = holder.firstElementChild;
    drawn.get(canvas)?.destroy();
    wanted.set(holder, holder.chart);
    drawn.set(canvas, new Chart(canvas, dressed(holder.chart())));
  }
}

export function clearCharts() {
  for (const made of drawn.values()) made.destroy();
  drawn.clear();
}

function dressed(config) {
  const { options = {}, ...rest } = config;
  const scale = (given = {}) => ({ grid: { color: colour("line") }, border: { color: colour("line") }, ticks: { color: colour("dim"), precision: 0 }, ...given });
  return {
    ...rest,
    options: {
      responsive: true, maintainAspectRatio: false, animation: false, color: colour("ink"), font: { family: getComputedStyle(document.body).fontFamily },
      ...options,
      plugins: { legend: { position: "bottom", labels: { color: colour("ink"), boxWidth: 12, boxHeight: 12 }, display: (rest.data.datasets.length > 1) }, ...options.plugins },
      scales: { x: scale(options.scales?.x), y: scale(options.scales?.y) },
    },
  };
}

/** Bars of several series over the same labels. */
export const bars = (labels, series, options = {}) => ({ type: "bar", data: { labels, datasets: series.map(({ label, data, tone }) => ({ label, data, backgroundColor: colour(tone), maxBarThickness: 26, borderRadius: 2 })) }, options });

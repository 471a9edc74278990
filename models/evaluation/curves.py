"""Precision-recall curves of each class, as one picture."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from models.evaluation.figures import Curve

COLUMNS = 4


def write_curves(curves: Mapping[str, Curve], threshold: float, file: Path) -> None:
    """Writes a PNG with a small diagram per class; a dot stands where the threshold puts it.

    Args:
        curves: From `figures.curve`, by class name.
        threshold: Score from which a detection is shown.
        file: Where to.
    """
    rows = -(-len(curves) // COLUMNS)
    figure = Figure(figsize=(2.4 * COLUMNS, 2.3 * rows), layout="constrained")
    panels = figure.subplots(rows, COLUMNS, squeeze=False, sharex=True, sharey=True)
    for panel in panels.ravel()[len(curves) :]:
        panel.set_visible(False)
    for panel, (name, points) in zip(panels.ravel(), curves.items(), strict=False):
        panel.plot(points.recall, points.precision, linewidth=1.2)
        shown = np.flatnonzero(points.scores >= threshold)
        if len(shown):
            panel.plot(points.recall[shown[-1]], points.precision[shown[-1]], "o", markersize=4)
        panel.set(title=name, xlim=(0, 1.02), ylim=(0, 1.02))
        panel.grid(alpha=0.3)
    figure.supxlabel("recall")
    figure.supylabel("precision")
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=80)

"""Looking at large pictures tile by tile, measured against looking at them whole."""

from typing import Any

import numpy as np

from models.evaluation.bootstrap import Floats, interval
from models.evaluation.figures import ClassView, at_threshold, class_figures
from models.evaluation.table import Progress, Table, look_at
from models.look import Looker


def compare_tiles(
    table: Table,
    looker: Looker,
    weights: Floats,
    threshold: float,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Measures both ways on the pictures that are larger than the network's input.

    Args:
        table: What was seen whole.
        looker: The detector.
        weights: From `bootstrap.draws`, for the table's pictures.
        threshold: Score from which a detection counts.
        progress: As for `look_at`.

    Returns:
        Source to `{"pictures", "classes": {name: {"whole", "tiled", "ap50_gain",
        "recall_gain"}}}`, the gains as `Interval`, tiled less whole, paired.
    """
    large = table.sides.max(1) > looker.size
    if not large.any():
        return {}
    tiled = look_at(
        [picture for picture, big in zip(table.pictures, large, strict=True) if big],
        looker.look_in_tiles,
        looker.size,
        table.classes,
        progress=progress,
    )
    result = {}
    for source in np.unique(tiled.sources):
        inside = tiled.sources == source
        classes = {}
        for label, name in enumerate(table.classes):
            pair = (
                (ClassView(table, label, large & (table.sources == source)), weights),
                (ClassView(tiled, label, inside), weights[:, large]),
            )
            if len(pair[0][0].objects("label")):
                classes[name] = _pair(pair, threshold)
        result[str(source)] = {"pictures": int(inside.sum()), "classes": classes}
    return result


def _pair(
    pair: tuple[tuple[ClassView, Floats], tuple[ClassView, Floats]], threshold: float
) -> dict[str, Any]:
    (whole, whole_precisions), (tiled, tiled_precisions) = (
        class_figures(view, weights, threshold) for view, weights in pair
    )
    before, after = (at_threshold(view, weights, threshold).recall for view, weights in pair)
    return {
        "whole": whole,
        "tiled": tiled,
        "ap50_gain": interval(tiled_precisions[:, 0] - whole_precisions[:, 0]),
        "recall_gain": interval(after - before),
    }

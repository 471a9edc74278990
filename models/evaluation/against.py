"""One detector against another on the same pictures, by the names of the classes both know."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.evaluation.bootstrap import Floats, interval, ratio
from models.evaluation.figures import (
    AtThreshold,
    ClassView,
    at_threshold,
    curve,
    precisions_of,
    threshold_for,
)
from models.evaluation.table import Table


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two detectors.

    Attributes:
        table: What it saw; both tables are of the same pictures and classes.
        threshold: Score from which a detection counts.
    """

    table: Table
    threshold: float


def compare(ours: Side, theirs: Side, shared: frozenset[str], weights: Floats) -> dict[str, Any]:
    """Compares recall at each one's threshold, and at the same precision.

    The same precision is the lower of the two that their thresholds give: both can reach it. The
    scores that give it are found on the pictures as they are and kept for all draws.

    Args:
        ours: The detector that is measured.
        theirs: The other.
        shared: Names of classes both know.
        weights: From `bootstrap.draws`; the same draws for both, so ratios are paired.

    Returns:
        Class to `{"pictures", "objects", "ap50", "threshold", "precision", "recall"}`, each of the
        last four with ours first, theirs second, and `recall_ratio` as an `Interval`; the same
        again under `same_precision`, or none there where one of them finds nothing.
    """
    inside = np.ones(len(ours.table.pictures), bool)
    result = {}
    for label, name in enumerate(ours.table.classes):
        views = (ClassView(ours.table, label, inside), ClassView(theirs.table, label, inside))
        if name not in shared or not len(views[0].objects("label")):
            continue
        thresholds = (ours.threshold, theirs.threshold)
        result[name] = {
            "pictures": views[0].pictures,
            "objects": len(views[0].objects("label")),
            "ap50": [interval(precisions_of(view, weights)[:, 0]) for view in views],
            **_at(views, thresholds, weights),
            "same_precision": _same_precision(views, thresholds, weights),
        }
    return result


def _at(
    views: tuple[ClassView, ClassView], thresholds: tuple[float, float], weights: Floats
) -> dict[str, Any]:
    one, other = (
        at_threshold(view, weights, threshold)
        for view, threshold in zip(views, thresholds, strict=True)
    )
    return {
        "threshold": [round(threshold, 4) for threshold in thresholds],
        "precision": [interval(one.precision), interval(other.precision)],
        "recall": [interval(one.recall), interval(other.recall)],
        "recall_ratio": interval(ratio(one.recall, other.recall)),
    }


def _same_precision(
    views: tuple[ClassView, ClassView], thresholds: tuple[float, float], weights: Floats
) -> dict[str, Any] | None:
    reached: list[AtThreshold] = [
        at_threshold(view, weights[:1], threshold)
        for view, threshold in zip(views, thresholds, strict=True)
    ]
    precision = min(float(at.precision[0]) for at in reached)
    if np.isnan(precision):
        return None
    found = [threshold_for(curve(view), precision) for view in views]
    if found[0] is None or found[1] is None:
        return None
    return _at(views, (found[0][0], found[1][0]), weights)

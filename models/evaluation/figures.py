"""The figures of one class on some of the pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.evaluation.bootstrap import (
    Floats,
    Interval,
    average_precisions,
    interval,
    ratio,
)
from models.evaluation.table import Table

PRECISIONS = (0.9, 0.8)
"""Precisions that a threshold is given for."""
CALIBRATED_FROM = 0.05
"""Lowest score that counts for calibration: below it nearly everything is wrong, and said to be."""
CALIBRATION_STEPS = 10


@dataclass(frozen=True)
class ClassView:
    """One class on some of a table's pictures.

    Attributes:
        table: The table.
        label: The class id.
        inside: P bool, which pictures; those that do not measure the class are left out anyway.
    """

    table: Table
    label: int
    inside: npt.NDArray[np.bool_]

    def seen(self, column: str) -> npt.NDArray[Any]:
        """Returns a column of the class's detections, best score first."""
        seen = self.table.seen
        mine = (seen["label"] == self.label) & self.inside[seen["picture"]]
        return np.asarray(seen[column][mine])

    def objects(self, column: str) -> npt.NDArray[Any]:
        """Returns a column of the class's objects."""
        objects = self.table.objects
        mine = (objects["label"] == self.label) & self.inside[objects["picture"]]
        return np.asarray(objects[column][mine])

    def shown(self, column: str) -> npt.NDArray[Any]:
        """Returns a column of the detections that a product would show, best score first."""
        return np.asarray(self.seen(column)[self.seen("first")])

    def per_picture(self, pictures: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Counts how often each of the P pictures occurs."""
        return np.bincount(pictures, minlength=len(self.table.pictures))

    @property
    def pictures(self) -> int:
        """How many pictures measure the class."""
        return int((self.table.measures[:, self.label] & self.inside).sum())


def precisions_of(view: ClassView, weights: Floats) -> Floats:
    """Average precision on every draw, at each of COCO's ten overlaps: R×10."""
    return average_precisions(
        view.seen("hits"), view.seen("picture"), view.objects("picture"), weights
    )


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """Precision and recall on every draw, R each."""

    precision: Floats
    recall: Floats


def at_threshold(view: ClassView, weights: Floats, threshold: float) -> AtThreshold:
    """Precision and recall at an overlap of 0.5 of what a product shows from a score on."""
    shown = view.shown("score") >= threshold
    picture, right = view.shown("picture")[shown], view.shown("object")[shown] >= 0
    found = weights @ view.per_picture(picture[right])
    return AtThreshold(
        ratio(found, weights @ view.per_picture(picture)),
        ratio(found, weights @ view.per_picture(view.objects("picture"))),
    )


def class_figures(
    view: ClassView, weights: Floats, threshold: float
) -> tuple[dict[str, Any], Floats]:
    """Measures one class.

    Returns:
        `{"pictures", "pictures_with", "objects", "ap50", "ap50_95", "precision", "recall",
        "recall_loose"}`, the last five as `Interval`, the very last at an overlap of `LOOSE`; and
        the average precisions on every draw, R×10.
    """
    picture = view.objects("picture")
    near = view.per_picture(picture[view.objects("loose") >= threshold])
    precisions = precisions_of(view, weights)
    at = at_threshold(view, weights, threshold)
    return {
        "pictures": view.pictures,
        "pictures_with": len(np.unique(picture)),
        "objects": len(picture),
        "ap50": interval(precisions[:, 0]),
        "ap50_95": interval(precisions.mean(1)),
        "precision": interval(at.precision),
        "recall": interval(at.recall),
        "recall_loose": interval(ratio(weights @ near, weights @ view.per_picture(picture))),
    }, precisions


def mean_figures(precisions: Sequence[Floats]) -> dict[str, Interval]:
    """Mean over classes of average precision; a draw without a class's objects is left out."""
    mean = np.mean(precisions, axis=0)
    return {"ap50": interval(mean[:, 0]), "ap50_95": interval(mean.mean(1))}


@dataclass(frozen=True, slots=True)
class Curve:
    """Precision and recall of one class from each score on, highest score first."""

    scores: Floats
    precision: Floats
    recall: Floats


def curve(view: ClassView) -> Curve:
    """Computes precision and recall at an overlap of 0.5 of what a product shows."""
    right = view.shown("object") >= 0
    found = np.cumsum(right)
    recall = found / max(len(view.objects("picture")), 1)
    return Curve(view.shown("score"), found / np.arange(1, len(right) + 1), recall)


def threshold_for(points: Curve, precision: float) -> tuple[float, float] | None:
    """Finds the lowest score from which precision is at least so much; it gives most recall.

    Returns:
        Score and recall, or none where no score does.
    """
    enough = np.flatnonzero(points.precision >= precision)
    if not len(enough):
        return None
    return float(points.scores[enough[-1]]), float(points.recall[enough[-1]])


def operating_points(points: Curve) -> dict[str, dict[str, float] | None]:
    """Thresholds that a site may choose, as found on these very pictures.

    Returns:
        `precision_0.9`, `precision_0.8`, `best_f1`, each `{"threshold", "precision", "recall"}`,
        or none where no score gives it.
    """
    chosen: dict[str, dict[str, float] | None] = {}
    for precision in PRECISIONS:
        found = threshold_for(points, precision)
        chosen[f"precision_{precision}"] = found and _point(points, found[0])
    f1 = ratio(2 * points.precision * points.recall, points.precision + points.recall)
    best = len(f1) > 0 and not np.isnan(f1).all()
    chosen["best_f1"] = _point(points, points.scores[np.nanargmax(f1)]) if best else None
    return chosen


def _point(points: Curve, threshold: float) -> dict[str, float]:
    last = np.flatnonzero(points.scores >= threshold)[-1]
    # Rounded down, so that the score itself still counts.
    return {
        "threshold": float(np.floor(threshold * 1e4) / 1e4),
        "precision": round(float(points.precision[last]), 4),
        "recall": round(float(points.recall[last]), 4),
    }


def calibration(
    scores: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]
) -> dict[str, Any] | None:
    """Compares scores with how often they are right, at an overlap of 0.5.

    The expected calibration error is the mean difference, weighted by counts, over ten equal steps
    of score (Guo et al., On Calibration of Modern Neural Networks, 2017), here over detections from
    a score of `CALIBRATED_FROM` on.

    Returns:
        `{"detections", "ece", "table": [[low, high, count, mean score, share right], …]}`, or none
        where there is no detection.
    """
    kept = scores >= CALIBRATED_FROM
    scores, right = scores[kept], right[kept]
    if not len(scores):
        return None
    step = np.minimum((scores * CALIBRATION_STEPS).astype(int), CALIBRATION_STEPS - 1)
    table = []
    error = 0.0
    for index in range(CALIBRATION_STEPS):
        inside = step == index
        if inside.any():
            said, true = float(scores[inside].mean()), float(right[inside].mean())
            error += inside.mean() * abs(said - true)
            low, high = index / CALIBRATION_STEPS, (index + 1) / CALIBRATION_STEPS
            table.append([low, high, int(inside.sum()), round(said, 4), round(true, 4)])
    return {"detections": len(scores), "ece": round(error, 4), "table": table}

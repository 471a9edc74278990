"""Detections: what the model saw in one frame, as `supervision.Detections`.

Boxes are xyxy in pixels of the original frame, float32; `class_id` indexes the model's own class
list, whose names travel in `data["class_name"]`, so that a rule never depends on a model's order.
A truck's state, where it was read, travels in `data["load"]`, `data["load_score"]`, `data["dirt"]`
and `data["dirt_score"]` (empty string and 0 for boxes that were not read).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from supervision import Detections

__all__ = [
    "Detections",
    "altered",
    "class_names",
    "make_detections",
    "only",
    "pick",
]


def make_detections(
    xyxy: NDArray[np.float32],
    scores: NDArray[np.float32],
    class_ids: NDArray[np.int64],
    classes: Sequence[str],
) -> Detections:
    """Detections from arrays of N boxes (N×4 xyxy pixels), N scores (0..1) and N class ids."""
    names = np.asarray(classes, dtype=object)[class_ids] if len(class_ids) else np.empty(0, object)
    return Detections(
        xyxy=np.asarray(xyxy, np.float32).reshape(-1, 4),
        confidence=np.asarray(scores, np.float32),
        class_id=np.asarray(class_ids, np.int64),
        data={"class_name": names.astype(str)},
    )


def altered(detections: Detections, **fields: Any) -> Detections:
    """The detections with other values in these fields, each of N rows; they are not checked.

    `dataclasses.replace` has supervision check every field anew, which costs a look more than what
    it is replaced for.
    """
    other = object.__new__(Detections)
    vars(other).update(vars(detections), **fields)
    return other


def class_names(detections: Detections) -> NDArray[np.str_]:
    """The class name of each box; an empty array when there is none."""
    return np.asarray(detections.data.get("class_name", ()), dtype=np.str_)


def only(detections: Detections, classes: Collection[str], min_score: float = 0.0) -> Detections:
    """The detections of these classes that score at least `min_score`."""
    if len(detections) == 0:
        return detections
    keep = np.isin(class_names(detections), sorted(classes))
    keep &= np.asarray(detections.confidence) >= min_score
    return pick(detections, keep)


def pick(
    detections: Detections, which: NDArray[np.bool_] | NDArray[np.int64] | Sequence[int]
) -> Detections:
    """The detections at these indexes, or where this mask is true, with all their data."""
    index = np.asarray(which) if len(which) else np.empty(0, np.int64)
    return cast("Detections", detections[index])

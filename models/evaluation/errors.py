"""What the wrong detections and the missed objects of a class are.

Kinds of false detections after D. Bolya et al., TIDE: A General Toolbox for Identifying Object
Detection Errors, 2020, with its overlaps.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.evaluation.figures import ClassView
from models.evaluation.matching import overlaps

NEAR = 0.1
"""Overlap from which a false detection has something to do with an object."""
ENOUGH = 0.5
WEAK_FROM = 0.05
"""Score below which a detection is as good as none."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One false detection or missed object.

    Attributes:
        picture: Index of the picture.
        box: x1, y1, x2, y2 in pixels of the picture.
        score: Of the false detection; of the detection of a missed object that was below the
            threshold, 0 where there was none.
        kind: `duplicate`, `misplaced`, `taken for it: <class>`, `nothing there`; `too weak`,
            `unseen`.
    """

    picture: int
    box: npt.NDArray[np.float64]
    score: float
    kind: str


def false_detections(view: ClassView, threshold: float) -> list[Fault]:
    """Returns what a product would show and no object bears out, highest score first."""
    wrong = (view.shown("score") >= threshold) & (view.shown("object") < 0)
    rows = zip(
        view.shown("picture")[wrong],
        view.shown("box")[wrong],
        view.shown("score")[wrong],
        strict=True,
    )
    return [
        Fault(int(picture), box, float(score), _kind(view, int(picture), box))
        for picture, box, score in rows
    ]


def missed_objects(view: ClassView, threshold: float) -> list[Fault]:
    """Returns objects that no shown detection found, largest share of the picture first."""
    missed = view.objects("score") < threshold
    rows = zip(
        view.objects("picture")[missed],
        view.objects("box")[missed],
        view.objects("score")[missed],
        strict=True,
    )
    faults = [
        Fault(int(picture), box, float(score), "too weak" if score >= WEAK_FROM else "unseen")
        for picture, box, score in rows
    ]
    sides = view.table.sides
    return sorted(
        faults,
        key=lambda f: -float((f.box[2:] - f.box[:2]).prod() / sides[f.picture].prod()),
    )


def counts(faults: list[Fault]) -> dict[str, int]:
    """Counts faults by kind, the most frequent first."""
    return dict(Counter(fault.kind for fault in faults).most_common())


def _kind(view: ClassView, picture: int, box: npt.NDArray[np.float64]) -> str:
    objects: Any = view.table.objects
    here = objects["picture"] == picture
    iou = overlaps(objects["box"][here], box[None])[:, 0]
    same = objects["label"][here] == view.label
    if (iou[same] >= ENOUGH).any():
        return "duplicate"
    if (iou[~same] >= ENOUGH).any():
        other = objects["label"][here][~same][iou[~same].argmax()]
        return f"taken for it: {view.table.classes[int(other)]}"
    return "misplaced" if (iou[same] >= NEAR).any() else "nothing there"

"""Sight: one object in one look, grouped from one or several detections."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.detections import Detections
from vision.episodes import NormBox
from vision.frames import Frame
from vision.rules.plain import Plain
from vision.site import Zone


@dataclass(frozen=True, slots=True)
class Sight:
    """A group of detections that are one thing to a person: a stall with its parasol.

    Attributes:
        box: hull of the detections' boxes, normalised.
        score: the best score among them.
        classes: their class names.
        indexes: their places in the frame's detections.
        attended: a person is with it, for kinds that use this.
    """

    box: NormBox
    score: float
    classes: frozenset[str]
    indexes: tuple[int, ...]
    attended: bool = False


def find_sights(
    frame: Frame,
    detections: Detections,
    classes: Collection[str],
    zone: Zone,
    *,
    min_score: float,
    stands_on: Literal["bottom", "centre"] = "bottom",
    reach: float | None = 0.0,
) -> list[Sight]:
    """Group detections of these classes into sights and return those in the zone.

    Boxes that overlap, once each is grown by `reach` of its own size, are one sight; with None
    every detection is a sight by itself. A sight is in the zone if the foot of any of its boxes
    (the middle of the lower edge, where it touches the ground in an oblique view) or, with
    `stands_on="centre"`, the centre of any (seen from above) is in the polygon.
    """
    look = Plain.of(frame, detections)
    chosen = look.indexes(classes, min_score)
    if not chosen:
        return []
    groups = [[n] for n in chosen]
    if reach is not None:
        groups = [[chosen[n] for n in group] for group in _groups(look.at[chosen], reach)]
    polygon = _polygon(zone.polygon)
    sights = []
    for group in groups:
        boxes = [look.boxes[n] for n in group]
        if any(_stands_in(box, polygon, stands_on) for box in boxes):
            score = max([look.scores[n] for n in group])
            classes = frozenset([look.names[n] for n in group])
            sights.append(Sight(hull_of(boxes), score, classes, tuple(group)))
    return sights


def in_zone(box: NormBox, zone: Zone, stands_on: Literal["bottom", "centre"]) -> bool:
    """Whether the box's foot or centre lies in the zone's polygon (its edge included)."""
    return _stands_in(box, _polygon(zone.polygon), stands_on)


def _stands_in(box: NormBox, polygon: NDArray[np.float32], stands_on: str) -> bool:
    y = box[3] if stands_on == "bottom" else (box[1] + box[3]) / 2
    return cv2.pointPolygonTest(polygon, ((box[0] + box[2]) / 2, min(y, 1.0)), False) >= 0  # noqa: FBT003


@lru_cache(maxsize=1024)
def _polygon(corners: tuple[tuple[float, float], ...]) -> NDArray[np.float32]:
    return np.array(corners, np.float32)


def overlap(a: NormBox, b: NormBox) -> tuple[float, float]:
    """Intersection over union of two boxes, and intersection over the smaller one's area."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    tall = min(a[3], b[3]) - max(a[1], b[1])
    if wide <= 0 or tall <= 0:
        return 0.0, 0.0
    inter = wide * tall
    return inter / (area(a) + area(b) - inter), inter / min(area(a), area(b))


def overlaps(
    a: NDArray[np.float64], b: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`overlap` of each of N boxes with each of M, both N×M."""
    (ax1, ay1, ax2, ay2), (bx1, by1, bx2, by2) = a.T[:, :, None], b.T[:, None]
    wide = np.minimum(ax2, bx2) - np.maximum(ax1, bx1)
    tall = np.minimum(ay2, by2) - np.maximum(ay1, by1)
    inter = np.where((wide > 0) & (tall > 0), wide * tall, 0.0)
    sizes = (ax2 - ax1) * (ay2 - ay1), (bx2 - bx1) * (by2 - by1)
    either, smaller = sizes[0] + sizes[1] - inter, np.minimum(*sizes)
    some = inter > 0
    iou = np.divide(inter, either, out=np.zeros_like(inter), where=some)
    return iou, np.divide(inter, smaller, out=np.zeros_like(inter), where=some)


def touches(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each of N boxes shares some area with each of M, N×M."""
    (ax1, ay1, ax2, ay2), (bx1, by1, bx2, by2) = a.T[:, :, None], b.T[:, None]
    across = np.minimum(ax2, bx2) > np.maximum(ax1, bx1)
    down = np.minimum(ay2, by2) > np.maximum(ay1, by1)
    both: NDArray[np.bool_] = across & down
    return both


def area(box: NormBox) -> float:
    """Return the area of a box, as a share of the picture."""
    return (box[2] - box[0]) * (box[3] - box[1])


def hull_of(boxes: Collection[NormBox]) -> NormBox:
    """The smallest box around all of these (at least one), as far as it is in the picture."""
    if len(boxes) == 1:
        (box,) = boxes
        left, top, right, bottom = box
        if 0 <= left <= 1 and 0 <= top <= 1 and 0 <= right <= 1 and 0 <= bottom <= 1:
            return box
        return _within(left), _within(top), _within(right), _within(bottom)
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return (
        _within(min(lefts)),
        _within(min(tops)),
        _within(max(rights)),
        _within(max(bottoms)),
    )


def _within(side: float) -> float:
    return min(max(side, 0.0), 1.0)


def _groups(boxes: NDArray[np.float64], reach: float) -> list[list[int]]:
    """Indexes of boxes joined by touching (transitively) after growth by `reach`."""
    grow = (boxes[:, 2:] - boxes[:, :2]) * reach / 2
    grown = np.hstack([boxes[:, :2] - grow, boxes[:, 2:] + grow])
    pairs = [(i, j) for i, j in np.argwhere(touches(grown, grown)).tolist() if i != j]
    if not pairs:
        return [[n] for n in range(len(boxes))]
    near: list[list[int]] = [[] for _ in boxes]
    for i, j in pairs:
        near[i].append(j)
    left, groups = [True] * len(boxes), []
    for first in range(len(boxes)):
        if not left[first]:
            continue
        group, left[first] = [first], False
        for here in group:  # it grows meanwhile
            found = [n for n in near[here] if left[n]]
            for n in found:
                left[n] = False
            group += found
        groups.append(sorted(group))
    return groups

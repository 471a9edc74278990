"""Sight: one object in one look, grouped from one or several detections."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
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

# Of a sum of sides that are shares of a picture; more is looked at than touches.
_ROUNDING = 1e-9


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
    groups: list[tuple[int, ...]] = [(n,) for n in chosen]
    if reach is not None:
        grouped = _groups([look.boxes[n] for n in chosen], reach)
        groups = [tuple(chosen[n] for n in group) for group in grouped]
    polygon, sights = _polygon(zone.polygon), []
    for group in groups:
        boxes = [look.boxes[n] for n in group]
        if any(_stands_in(box, polygon, stands_on) for box in boxes):
            score = max([look.scores[n] for n in group])
            classes = _named(tuple(look.names[n] for n in group))
            sights.append(Sight(hull_of(boxes), score, classes, group))
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


@lru_cache(maxsize=1024)
def _named(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(names)


def overlap(a: NormBox, b: NormBox) -> tuple[float, float]:
    """Intersection over union of two boxes, and intersection over the smaller one's area."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    tall = min(a[3], b[3]) - max(a[1], b[1])
    if wide <= 0 or tall <= 0:
        return 0.0, 0.0
    inter = wide * tall
    return inter / (area(a) + area(b) - inter), inter / min(area(a), area(b))


def touching(a: Sequence[NormBox], b: Sequence[NormBox]) -> list[tuple[int, int]]:
    """The pairs of a box of `a` and one of `b` that share some area, as indexes, in order.

    From left to right, so that a street costs what stands close together, and not its square.
    """
    solid = [n for n, (x1, y1, x2, y2) in enumerate(b) if x2 > x1 and y2 > y1]
    if not solid:
        return []
    solid.sort(key=lambda n: b[n][0])
    lefts = [b[n][0] for n in solid]
    widest = max([b[n][2] - b[n][0] for n in solid]) + _ROUNDING
    pairs = []
    for i, (x1, y1, x2, y2) in enumerate(a):
        if x2 > x1 and y2 > y1:
            near = solid[bisect_left(lefts, x1 - widest) : bisect_left(lefts, x2)]
            pairs += [
                (i, n) for n in sorted(near) if b[n][2] > x1 and b[n][1] < y2 and b[n][3] > y1
            ]
    return pairs


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


def _groups(boxes: Sequence[NormBox], reach: float) -> list[list[int]]:
    """Indexes of boxes joined by touching (transitively) after growth by `reach`."""
    grown = boxes
    if reach:
        grow = [((x2 - x1) * reach / 2, (y2 - y1) * reach / 2) for x1, y1, x2, y2 in boxes]
        grown = [
            (x1 - wide, y1 - tall, x2 + wide, y2 + tall)
            for (x1, y1, x2, y2), (wide, tall) in zip(boxes, grow, strict=True)
        ]
    pairs = [(i, j) for i, j in touching(grown, grown) if i != j]
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

"""Sight: one object in one look, grouped from one or several detections."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.detections import Detections, class_names
from vision.episodes import NormBox
from vision.frames import Frame
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
    if len(detections) == 0:
        return []
    chosen, boxes = boxes_of(frame, detections, classes, min_score=min_score)
    names, scores = class_names(detections), np.asarray(detections.confidence)
    sights = []
    groups = [[i] for i in range(len(boxes))] if reach is None else _groups(boxes, reach)
    for group in groups:
        hull = _hull(boxes[group])
        if not any(in_zone(tuple(boxes[n].tolist()), zone, stands_on) for n in group):
            continue
        indexes = tuple(int(i) for i in chosen[group])
        sights.append(
            Sight(
                box=hull,
                score=float(scores[list(indexes)].max()),
                classes=frozenset(str(names[i]) for i in indexes),
                indexes=indexes,
            )
        )
    return sights


def boxes_of(
    frame: Frame, detections: Detections, classes: Collection[str], *, min_score: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Indexes of the detections of these classes, and their boxes, N×4 and normalised."""
    chosen = np.flatnonzero(
        np.isin(class_names(detections), sorted(classes))
        & (np.asarray(detections.confidence) >= min_score)
    )
    size = np.array([frame.width, frame.height] * 2, np.float64)
    return chosen, np.asarray(detections.xyxy, np.float64)[chosen] / size


def in_zone(box: NormBox, zone: Zone, stands_on: Literal["bottom", "centre"]) -> bool:
    """Whether the box's foot or centre lies in the zone's polygon (its edge included)."""
    y = box[3] if stands_on == "bottom" else (box[1] + box[3]) / 2
    polygon = np.array(zone.polygon, np.float32)
    return cv2.pointPolygonTest(polygon, ((box[0] + box[2]) / 2, min(y, 1.0)), False) >= 0  # noqa: FBT003


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
    a, b = a.reshape(-1, 1, 4), b.reshape(1, -1, 4)
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    inter = np.where((sides > 0).all(axis=-1), sides[..., 0] * sides[..., 1], 0.0)
    sizes = [(c[..., 2] - c[..., 0]) * (c[..., 3] - c[..., 1]) for c in (a, b)]
    either, smaller = sizes[0] + sizes[1] - inter, np.minimum(*sizes)
    apart = inter <= 0
    iou = np.divide(inter, either, out=np.zeros_like(inter), where=~apart)
    return iou, np.divide(inter, smaller, out=np.zeros_like(inter), where=~apart)


def area(box: NormBox) -> float:
    """Return the area of a box, as a share of the picture."""
    return (box[2] - box[0]) * (box[3] - box[1])


def hull_of(boxes: Collection[NormBox]) -> NormBox:
    """The smallest box around all of these (at least one)."""
    return _hull(np.array(list(boxes)))


def _hull(boxes: NDArray[np.float64]) -> NormBox:
    low, high = boxes[:, :2].min(0).clip(0, 1), boxes[:, 2:].max(0).clip(0, 1)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _groups(boxes: NDArray[np.float64], reach: float) -> list[list[int]]:
    """Indexes of boxes joined by touching (transitively) after growth by `reach`."""
    grow = (boxes[:, 2:] - boxes[:, :2]) * reach / 2
    grown = np.hstack([boxes[:, :2] - grow, boxes[:, 2:] + grow])
    touching = overlaps(grown, grown)[0] > 0
    left, groups = np.ones(len(boxes), np.bool_), []
    for first in range(len(boxes)):
        group, edge = [], [first] if left[first] else []
        left[first] = False
        while edge:
            here = edge.pop()
            group.append(here)
            near = np.flatnonzero(touching[here] & left).tolist()
            left[near] = False
            edge.extend(near)
        groups += [sorted(group)] if group else []
    return groups

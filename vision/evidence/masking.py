"""Masking: make people and plates unrecognisable in a derivative.

Whole person boxes are pixelated, not faces alone: a face finder misses small and turned faces,
and a head lies in its person's box. What the detector misses stays visible, so a masked picture is
a help against disclosure, not a proof of anonymity; a reviewer looks before anything is published.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.detections import Detections, class_names
from vision.frames import Pixels

Floats = NDArray[np.floating]
MASKED_CLASSES = frozenset({"person", "plate"})
_VEHICLES = frozenset({"truck", "car", "bus", "motorcycle"})
MASKED_FROM = 0.1
"""Score from which a box is masked. Recall counts more than precision here: a box too many costs a
few blurred pixels."""
_BLOCKS = 7
_GREY = (96, 96, 96)
_BEYOND = 10.0
"""Pictures; where corners lie farther outside, they count as there, for whole numbers end."""


def mask(pixels: Pixels, detections: Detections, *, show: Collection[int] = ()) -> Pixels:
    """A copy of `pixels` (H×W×3 BGR) with every person and plate box pixelated to coarse blocks.

    Args:
        pixels: not changed.
        detections: what was seen there.
        show: indexes of detections that stay as they are, unless another box covers them.
    """
    hidden = [index for index in masked_boxes(detections) if index not in show]
    return pixelate(pixels, np.asarray(detections.xyxy)[hidden])


def masked_boxes(detections: Detections) -> list[int]:
    """Indexes of the detections that are masked."""
    names = class_names(detections)
    scores = np.asarray(detections.confidence)
    return [
        index
        for index, name in enumerate(names)
        if name in MASKED_CLASSES and scores[index] >= MASKED_FROM
    ]


def subject_plates(detections: Detections, focus: Sequence[int]) -> list[int]:
    """Indexes of the plates that are the subject's own.

    Those in the middle of a box of `focus`, unless another vehicle stands before it: a smaller box
    of none of them that the plate lies in as well.
    """
    names, boxes = class_names(detections), np.asarray(detections.xyxy)
    others = [n for n, name in enumerate(names) if name in _VEHICLES and n not in focus]
    found = []
    for plate in masked_boxes(detections):
        if names[plate] != "plate":
            continue
        own = [n for n in focus if _holds(boxes[n], boxes[plate])]
        before = [n for n in others if _holds(boxes[n], boxes[plate])]
        if own and not any(_area(boxes[n]) < min(_area(boxes[o]) for o in own) for n in before):
            found.append(plate)
    return found


def _holds(box: Floats, small: Floats) -> bool:
    """Whether the middle of one box lies in another."""
    x, y = (small[:2] + small[2:]) / 2
    return bool(box[0] <= x <= box[2] and box[1] <= y <= box[3])


def _area(box: Floats) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))


def pixelate(pixels: Pixels, boxes: Floats) -> Pixels:
    """A copy of `pixels` with these boxes pixelated: N×4, x1 y1 x2 y2 in pixels."""
    result = pixels.copy()
    height, width = result.shape[:2]
    for box in boxes:
        x1, y1 = np.floor(box[:2]).clip(0, [width, height]).astype(int)
        x2, y2 = np.ceil(box[2:]).clip(0, [width, height]).astype(int)
        if x2 <= x1 or y2 <= y1:
            continue
        inside = result[y1:y2, x1:x2]
        # A block is a seventh of the box's longer side: a head becomes one or two colours.
        block = max(4, max(x2 - x1, y2 - y1) // _BLOCKS)
        coarse = (max(1, (x2 - x1) // block), max(1, (y2 - y1) // block))
        means = cv2.resize(inside, coarse, interpolation=cv2.INTER_AREA)
        inside[:] = cv2.resize(means, inside.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return result


def paint_privacy(pixels: Pixels, zones: Sequence[Sequence[tuple[float, float]]]) -> Pixels:
    """A copy with the privacy zones' hulls filled grey; `pixels` if there are no zones.

    Done before anything is stored, so what a privacy zone covers exists nowhere. The hull, for of
    corners in a wrong order, or nearly in a row, nobody can tell what they were to hide: rather
    more is hidden than less. A zone that bends inwards is written as several.

    Args:
        pixels: H×W×3.
        zones: normalised corners; where one is no number, all is painted.
    """
    if not zones:
        return pixels
    result = pixels.copy()
    size = np.array([pixels.shape[1], pixels.shape[0]])
    for zone in zones:
        corners = np.array(zone, np.float64)
        if not np.isfinite(corners).all():
            result[:] = _GREY
            continue
        within = np.rint(corners.clip(-_BEYOND, _BEYOND) * size).astype(np.int32)
        cv2.fillConvexPoly(result, cv2.convexHull(within), _GREY)
    return result

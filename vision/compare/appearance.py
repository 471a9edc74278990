"""Appearance: whether a place looks the same in two pictures laid over each other.

A detector misses things. What it sees in one picture and not in the other is new only if the pixels
differ, too, whatever the light: so the patch is looked for in the other picture, by zero-mean
normalised cross-correlation (J. P. Lewis, Fast Normalized Cross-Correlation, 1995) of its
brightness and of its edges, which neither brightness nor contrast change.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frames import Pixels

Plane = NDArray[np.float32]
Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 in pixels."""

_LEAST_SIDE = 4
"""Pixels of a patch that says anything."""
_FLAT = 2.0
"""Standard deviation of a patch's brightness (of 255) below which it has no pattern."""
_LARGEST_PATCH = 160
"""Pixels to which a patch's longer side is scaled: it keeps a roof's pattern, not its grain."""


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A picture made ready for comparing.

    Attributes:
        light: H×W brightness, 0..255, smoothed.
        edges: H×W, how steep the brightness is.
        known: H×W, whether the picture shows this place at all.
    """

    light: Plane
    edges: Plane
    known: NDArray[np.bool_]


def face(picture: Pixels, known: NDArray[np.bool_] | None = None) -> Face:
    """A picture (H×W×3 BGR) made ready; `known`: where it shows anything."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    light = np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.0), np.float32)
    across, down = (cv2.Sobel(light, cv2.CV_32F, *axis) for axis in ((1, 0), (0, 1)))
    edges = np.asarray(cv2.magnitude(across, down), np.float32)
    everywhere = np.ones(light.shape, bool) if known is None else known
    return Face(light, edges, everywhere)


def resemblance(here: Face, there: Face, box: Box, reach: float) -> float:
    """How much a place in one picture resembles the same place in the other, -1..1.

    Args:
        here: the picture whose patch is looked for.
        there: the picture in which, laid over `here`.
        box: the patch, pixels of both.
        reach: pixels by which the two may lie beside each other.

    Returns:
        The better of the correlations of brightness and of edges at the best place within `reach`;
        1 where the patch is too small to tell.
    """
    height, width = here.light.shape
    x1, y1 = max(0, round(box[0])), max(0, round(box[1]))
    x2, y2 = min(width, round(box[2])), min(height, round(box[3]))
    if min(x2 - x1, y2 - y1) < _LEAST_SIDE:
        return 1.0
    by = min(1.0, _LARGEST_PATCH / max(x2 - x1, y2 - y1))
    around = max(1, round(reach))
    found = []
    for mine, theirs in ((here.light, there.light), (here.edges, there.edges)):
        patch = mine[y1:y2, x1:x2]
        field = _cut(theirs, (x1 - around, y1 - around, x2 + around, y2 + around))
        if by < 1:
            patch, field = _smaller(patch, by), _smaller(field, by)
        found.append(_correlation(patch, field))
    return max(found)


def _cut(plane: Plane, box: tuple[int, int, int, int]) -> Plane:
    """A part of a plane, continued beyond its edges by what lies at them."""
    height, width = plane.shape
    x1, y1, x2, y2 = box
    inside = plane[max(0, y1) : min(height, y2), max(0, x1) : min(width, x2)]
    beyond = (max(0, -y1), max(0, y2 - height), max(0, -x1), max(0, x2 - width))
    if not any(beyond):
        return inside
    return np.asarray(cv2.copyMakeBorder(inside, *beyond, cv2.BORDER_REPLICATE), np.float32)


def _smaller(plane: Plane, by: float) -> Plane:
    small = cv2.resize(plane, None, fx=by, fy=by, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _correlation(patch: Plane, field: Plane) -> float:
    """The highest of the field, looked at wherever the patch fits."""
    if float(patch.std()) < _FLAT and float(field.std()) < _FLAT:
        return 1.0  # neither has a pattern: nothing stands out that could have come or gone
    found = cv2.matchTemplate(field, np.ascontiguousarray(patch), cv2.TM_CCOEFF_NORMED)
    found = np.nan_to_num(found, posinf=0, neginf=0)
    return float(found.clip(-1, 1).max())

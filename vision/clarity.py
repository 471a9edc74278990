"""Clarity: how large and how sharp a look shows what is in a box, to choose a picture by."""

from __future__ import annotations

import cv2
import numpy as np

from vision.frames import Frame

_SIDE = 64
"""Pixels: what is in a box is compared at this size, so that detail counts only where the camera
resolves it. Seen smaller it is blown up, and smooth."""
EDGE = 0.01
"""Nearer to the picture's edge than this share of its size, a thing is taken as cut off by it."""


def clarity(frame: Frame, box: tuple[float, float, float, float]) -> tuple[bool, float]:
    """Whether a box is wholly in the picture, and its size times the sharpness within.

    The size is the box's share of the picture, 0..1; the sharpness one and the standard deviation
    of the Laplacian (Pertuz and others 2013, LAPV) of what is in it, scaled to 64×64 of 8 bits.
    Both are of the small picture, so that it costs a tenth of a millisecond, and is the same in
    every run.

    Args:
        frame: the look.
        box: x1 y1 x2 y2, normalised.
    """
    x1, y1, x2, y2 = box
    whole = min(x1, y1, 1 - x2, 1 - y2) >= EDGE
    return whole, max(0.0, (x2 - x1) * (y2 - y1)) * (1 + _sharpness(frame, box))


def _sharpness(frame: Frame, box: tuple[float, float, float, float]) -> float:
    small = frame.small
    height, width = small.shape[:2]
    left, top, right, bottom = np.clip(box, 0, 1) * (width, height, width, height)
    part = small[int(top) : round(bottom), int(left) : round(right)]
    if min(part.shape[:2]) < 2:
        return 0.0
    grey = cv2.cvtColor(part, cv2.COLOR_BGR2GRAY)
    less = max(part.shape[:2]) > _SIDE
    same = cv2.resize(
        grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA if less else cv2.INTER_LINEAR
    )
    return float(cv2.meanStdDev(cv2.Laplacian(same, cv2.CV_16S))[1][0, 0])

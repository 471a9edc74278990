"""Changed areas: where the pixels of two pictures differ as they do where something was built.

Without a detector, for what it does not know: seen from a satellite, roofs are too small for it.
Built ground has more edges than fields and bare ground, and another brightness against the rest of
its picture. Roads, car parks and bare earth look so as well: an area is where a person looks, and
no suspicion.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.compare.appearance import Box, Face, Plane

_LONGEST = 384
"""Pixels to which the longer side is scaled."""
_AROUND = 9.0
"""Pixels (one deviation) over which edges are counted: a house and what lies about it."""
_BRIGHTNESS = 0.25
"""Weight of a difference in brightness beside one in edges: ours, like what follows chosen on one
half of `change_pairs` (README)."""
_FROM = 0.5
"""Difference from which ground counts as changed, in the spreads of a picture's brightness."""
_LEAST = 0.005
"""Share of the picture below which an area is left out."""


@dataclass(frozen=True, slots=True)
class Area:
    """Ground on which something was built, or cleared, in pixels of the later picture.

    Attributes:
        outline: its corners.
        box: its hull.
        share: of the picture that it covers.
    """

    outline: tuple[tuple[float, float], ...]
    box: Box
    share: float


def changed(before: Face, after: Face) -> list[Area]:
    """The areas that look built on now and did not before, largest first."""
    height, width = after.light.shape
    scale = min(1.0, _LONGEST / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    known = cv2.resize((before.known & after.known).astype(np.uint8), size) > 0
    if not known.any():
        return []
    then, now = (_texture(f.light, size, known) for f in (before, after))
    difference = now[1] - then[1] + _BRIGHTNESS * np.abs(now[0] - then[0])
    difference[~_inner(known)] = 0
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    mask = cv2.morphologyEx((difference > _FROM).astype(np.uint8), cv2.MORPH_OPEN, shape)
    found = []
    for contour in cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]:
        share = float(cv2.contourArea(contour)) / (size[0] * size[1])
        if share < _LEAST:
            continue
        corners = cv2.approxPolyDP(contour, 1.5, closed=True)[:, 0] / scale
        (x1, y1), (x2, y2) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
        outline = tuple((float(x), float(y)) for x, y in corners)
        found.append(Area(outline, (x1, y1, x2, y2), share))
    return sorted(found, key=lambda area: -area.share)


def _texture(light: Plane, size: tuple[int, int], known: NDArray[np.bool_]) -> tuple[Plane, Plane]:
    """Brightness and density of edges, both in spreads of the picture's brightness."""
    small = np.asarray(cv2.resize(light, size, interpolation=cv2.INTER_AREA), np.float32)
    middle = np.median(small[known])
    spread = float(np.median(np.abs(small[known] - middle))) * 1.4826 + 3.0
    even = (small - middle) / spread
    across, down = (cv2.Sobel(even, cv2.CV_32F, *axis) for axis in ((1, 0), (0, 1)))
    edges = cv2.GaussianBlur(cv2.magnitude(across, down), (0, 0), _AROUND)
    return (
        np.asarray(cv2.GaussianBlur(even, (0, 0), _AROUND / 2), np.float32),
        np.asarray(edges, np.float32),
    )


def _inner(known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What lies well inside what both pictures show: the seam itself is an edge."""
    margin = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (15, 15))
    padded = cv2.erode(
        known.astype(np.uint8), margin, borderType=cv2.BORDER_CONSTANT, borderValue=1
    )
    return np.asarray(padded > 0, np.bool_)

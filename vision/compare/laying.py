"""Laying: the earlier picture over the later one, pixel by pixel, or why that cannot be done."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frames import Pixels

Matrix = NDArray[np.float64]

_LONGEST = 1280
"""Pixels to which a picture's longer side is scaled for its features: finer ones do not last."""
_FEATURES = 2000
_RATIO = 0.8  # D. Lowe, Distinctive Image Features from Scale-Invariant Keypoints, 2004, part 7.1
_OFF = 3.0
"""Pixels (of the scaled picture) by which a matched feature may miss."""
_INLIERS, _SHARE = 25, 0.2
"""Matches that agree, and their share of all, from which a registration is believed."""
_SPREAD = 0.03
"""Share of the picture that the hull of what agrees must cover: features on one car agree, too."""
_SCALES = (0.3, 3.5)
"""Of a picture against the other, in ground a pixel; beyond, details have nothing in common."""
_ASIDE = 0.3
"""By how much of the picture a registration may contradict the poses: satellite positions and
compasses are wrong by metres and degrees, not by half a picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """What of a picture is found again, the most marked first.

    Attributes:
        points: N×2, pixels of the whole picture.
        described: N×128.
        width, height: of the whole picture, pixels.
        scale: of the picture that they were found in, against the whole one.
    """

    points: NDArray[np.float64]
    described: NDArray[np.float32]
    width: int
    height: int
    scale: float


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """The earlier picture laid over the later one.

    Attributes:
        matrix: 3×3, from pixels (x, y, 1) of the earlier picture to pixels of the later.
        off: pixels of the later picture by which it may miss (95 %).
        matches: features that agree; 0 where the caller stated how the pictures lie.
    """

    matrix: Matrix
    off: float
    matches: int


@dataclass(frozen=True, slots=True)
class Unlaid:
    """Two pictures that could not be laid over each other: a code of `words.WHY`, its values."""

    code: str
    count: int = 0


def features(picture: Pixels) -> Features:
    """The features of a picture (H×W×3 BGR), at most 1280 pixels across (SIFT)."""
    height, width = picture.shape[:2]
    scale = min(1.0, _LONGEST / max(height, width))
    small = picture
    if scale < 1:
        small = np.asarray(
            cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
        )
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    found, described = _sift().detectAndCompute(grey, None)
    if len(found) == 0:
        empty = np.empty((0, 2), np.float64), np.empty((0, 128), np.float32)
        return Features(*empty, width, height, scale)
    strongest = np.argsort([-k.response for k in found], kind="stable")
    points = (np.array([k.pt for k in found], np.float64)[strongest] + 0.5) / scale - 0.5
    described = np.asarray(described, np.float32)[strongest]
    return Features(points, described, width, height, scale)


def matches(before: Features, after: Features) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points of the earlier picture and the later one's that look alike: N×2 each, in pixels."""
    if min(len(before.points), len(after.points)) < 2:
        return np.empty((0, 2)), np.empty((0, 2))
    pairs = cv2.BFMatcher().knnMatch(before.described, after.described, k=2)
    near = [a for a, b in (p for p in pairs if len(p) == 2) if a.distance < _RATIO * b.distance]
    best: dict[int, cv2.DMatch] = {}  # what all of one picture resembles tells nothing
    for match in near:
        other = best.get(match.trainIdx)
        if other is None or match.distance < other.distance:
            best[match.trainIdx] = match
    kept = list(best.values())
    return (
        before.points[[m.queryIdx for m in kept]].reshape(-1, 2),
        after.points[[m.trainIdx for m in kept]].reshape(-1, 2),
    )


def lay(before: Features, after: Features, expected: Matrix | None = None) -> Laid | Unlaid:
    """Find the homography from the earlier picture to the later one.

    The ground is taken as level: what stands high above it leans differently in each picture.

    Args:
        before: of the earlier picture.
        after: of the later picture.
        expected: 3×3 as `Laid.matrix`, as the poses have it; a result far from it is refused.
    """
    there, here = matches(before, after)
    if len(here) < _INLIERS:
        return Unlaid("few_features", len(here))
    # `_OFF` is counted in the scaled later picture.
    found, inside = cv2.findHomography(
        there, here, cv2.USAC_MAGSAC, _OFF / after.scale, maxIters=5000, confidence=0.999
    )
    agree = np.asarray(inside, bool).ravel()
    count = int(agree.sum())
    if found is None or count < max(_INLIERS, _SHARE * len(here)):
        return Unlaid("few_features", count)
    matrix: Matrix = found / found[2, 2]
    if (wrong := _implausible(matrix, before, after, here[agree])) is not None:
        return Unlaid(wrong)
    if expected is not None and _aside(matrix, expected, before, after) > _ASIDE:
        return Unlaid("contradicts_telemetry")
    missed = cv2.perspectiveTransform(there[agree][None], matrix)[0] - here[agree]
    off = float(np.quantile(np.linalg.norm(missed, axis=1), 0.95))
    return Laid(matrix, max(1.0, off), count)


def as_stated(before: Features, after: Features) -> Laid:
    """Pictures of one map grid: each pixel of one lies on the same pixel of the other.

    Where their features agree with that they say how far it is off; else two pixels are assumed.
    """
    stretched = np.diag([after.width / before.width, after.height / before.height, 1.0])
    found = lay(before, after, stretched)
    corners = _corners(before.width, before.height)
    if isinstance(found, Laid):
        moved = cv2.perspectiveTransform(corners[None], found.matrix)[0]
        stay = cv2.perspectiveTransform(corners[None], stretched)[0]
        if float(np.abs(moved - stay).max()) <= _GRID_OFF:
            return found
    return Laid(stretched, 2.0, 0)


_GRID_OFF = 12.0
"""Pixels by which pictures of one map grid may lie beside each other: orthophotos of two years."""


def outline(matrix: Matrix, width: int, height: int) -> NDArray[np.float64]:
    """The four corners of a picture of this size where a homography puts them, in pixels."""
    put = cv2.perspectiveTransform(_corners(width, height)[None], matrix)
    return np.asarray(put[0], np.float64)


def _corners(width: int, height: int) -> NDArray[np.float64]:
    return np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)


def _implausible(
    matrix: Matrix, before: Features, after: Features, agree: NDArray[np.float64]
) -> str | None:
    """Why no flight over level ground can have seen the two pictures so; None if one can."""
    corners = np.hstack([_corners(before.width, before.height), np.ones((4, 1))])
    put = outline(matrix, before.width, before.height).astype(np.float32)
    if not (corners @ matrix[2] > 0).all() or not cv2.isContourConvex(put):
        return "bent"
    scale = (cv2.contourArea(put) / (before.width * before.height)) ** 0.5
    if not _SCALES[0] < scale < _SCALES[1] or np.linalg.det(matrix[:2, :2]) <= 0:
        return "bent"
    hull = cv2.contourArea(cv2.convexHull(agree.astype(np.float32)))
    if hull < _SPREAD * after.width * after.height:
        return "one_part"
    return None


def _aside(matrix: Matrix, expected: Matrix, before: Features, after: Features) -> float:
    """How far the two put the earlier picture's middle apart, in diagonals of the later one."""
    middle = np.array([[[before.width / 2, before.height / 2]]], np.float64)
    put = [cv2.perspectiveTransform(middle, m)[0, 0] for m in (matrix, expected)]
    return float(np.linalg.norm(put[0] - put[1]) / np.hypot(after.width, after.height))


@lru_cache(maxsize=1)
def _sift() -> cv2.SIFT:
    return cv2.SIFT.create(nfeatures=_FEATURES)

"""Registration: aligns a drone's picture with the first picture of the same place (homography)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vision import durable
from vision.frames import Pixels
from vision.geo.drone_pose import DronePose
from vision.geo.position import Position

_log = logging.getLogger(__name__)

Matrix = NDArray[np.float64]

_FEATURES = 1500
_RATIO = 0.75  # D. Lowe, Distinctive Image Features from Scale-Invariant Keypoints, 2004, part 7.1
_OFF = 3.0  # pixels by which a matched feature may miss
# Matches that agree, and their share of all, from which a registration is believed.
_INLIERS, _SHARE = 25, 0.25
_CORNERS = np.array([(0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)], np.float64)
_SCALES = (0.4, 2.5)  # of a picture against the reference; beyond, it was another flight height


class Registration:
    """Finds the homography from a picture to the reference, both in fractions of their sides.

    The ground is taken as level: what stands high above it leans differently in each picture.
    SIFT features and MAGSAC++ (D. Barath and others, 2020), about 50 ms for 640×384 pixels.

    Args:
        file: where the reference is kept over a restart; only in memory if None.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._sift = cv2.SIFT.create(nfeatures=_FEATURES)
        self._reference: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None
        if file is not None and file.exists():
            stored = cv2.imread(str(file))
            self._keep(None if stored is None else stored.astype(np.uint8, copy=False))

    def to_reference(self, picture: Pixels) -> Matrix | None:
        """3×3, from (u, v, 1) of this picture to the reference's; None where they do not match.

        The first picture with enough to see becomes the reference.

        Args:
            picture: H×W×3 uint8 BGR.
        """
        if self._reference is None:
            if self._keep(picture) and self._file is not None:
                _store(self._file, picture)
            return np.eye(3) if self._reference is not None else None
        points, described = self._features(picture)
        if len(points) < _INLIERS:
            return None
        pairs = cv2.BFMatcher().knnMatch(described, self._reference[1], k=2)
        near = [a for a, b in (p for p in pairs if len(p) == 2) if a.distance < _RATIO * b.distance]
        if len(near) < _INLIERS:
            return None
        here = points[[m.queryIdx for m in near]]
        there = self._reference[0][[m.trainIdx for m in near]]
        size = np.array(picture.shape[1::-1], np.float64)
        found, inside = cv2.findHomography(
            here * size, there * size, cv2.USAC_MAGSAC, _OFF, maxIters=5000, confidence=0.999
        )
        if found is None or int(inside.sum()) < max(_INLIERS, _SHARE * len(near)):
            return None
        scale = abs(float(np.linalg.det(found[:2, :2]))) ** 0.5
        if not _SCALES[0] < scale < _SCALES[1]:
            return None
        to_pixels = np.diag([*size, 1.0])
        matrix: Matrix = np.linalg.inv(to_pixels) @ found @ to_pixels
        matrix /= matrix[2, 2]
        # A corner that lies beyond the horizon of the reference: no plane is seen so.
        return matrix if (_CORNERS @ matrix[2] > 0).all() else None

    def _keep(self, picture: Pixels | None) -> bool:
        if picture is None:
            _log.warning("%s: the reference cannot be read; the next picture is taken", self._file)
            return False
        points, described = self._features(picture)
        if len(points) < 2 * _INLIERS:
            return False
        self._reference = points, described
        return True

    def _features(self, picture: Pixels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """N×2 fractions of the picture, and N×128 descriptions."""
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        found, described = self._sift.detectAndCompute(grey, None)
        if len(found) == 0:
            return np.empty((0, 2), np.float32), np.empty((0, 128), np.float32)
        size = np.array(picture.shape[1::-1], np.float32)
        points = np.array([k.pt for k in found], np.float32) / size
        return points, described.astype(np.float32, copy=False)


def _store(file: Path, picture: Pixels) -> None:
    try:
        durable.write(file, cv2.imencode(".png", picture)[1].tobytes())
    except OSError as error:
        _log.warning(
            "%s: the reference cannot be written (%s): after a restart the flights before it are "
            "laid over nothing; free space or make the folder writable",
            file,
            error.strerror,
        )


def moved(boxes: NDArray[np.float64], matrix: Matrix) -> NDArray[np.float64]:
    """N×4 boxes (x1, y1, x2, y2 as fractions) after a homography.

    A box that is turned lies askew; what it becomes has the middle and the proportions of the hull
    of its corners, and the area that it had: hulls themselves would grow with each turn.
    """
    if len(boxes) == 0:
        return boxes
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
    after = cv2.perspectiveTransform(corners.astype(np.float64), matrix).astype(np.float64)
    low, high = after.min(1), after.max(1)
    diagonals = after[:, 2] - after[:, 0], after[:, 3] - after[:, 1]
    area = np.abs(diagonals[0][:, 0] * diagonals[1][:, 1] - diagonals[0][:, 1] * diagonals[1][:, 0])
    shrunk = np.sqrt(area / 2 / np.prod(high - low, axis=1).clip(1e-12))[:, None]
    middle, half = (low + high) / 2, (high - low) / 2 * shrunk
    return np.hstack([middle - half, middle + half])


def shown(
    matrix: Matrix, points: Sequence[tuple[float, float]] = ((0, 0), (1, 0), (1, 1), (0, 1))
) -> list[tuple[float, float]]:
    """Where a homography puts points (fractions); a picture's corners by default."""
    after = cv2.perspectiveTransform(np.array([points], np.float64), matrix)[0]
    return [(float(u), float(v)) for u, v in after]


@dataclass(frozen=True, eq=False, kw_only=True)
class LaidPose(DronePose):
    """The pose of a picture, queried with points of another picture, the reference.

    Attributes:
        from_reference: 3×3, from (u, v, 1) of the reference to this picture's.
    """

    from_reference: Matrix

    @classmethod
    def of(cls, pose: DronePose, from_reference: Matrix) -> LaidPose:
        """`pose`, asked by points of the reference."""
        told = {field.name: getattr(pose, field.name) for field in fields(DronePose)}
        return cls(**told, from_reference=from_reference)

    def position(self, u: float, v: float) -> Position:
        """See `DronePose.position`; `u` and `v` are the reference's."""
        ((u, v),) = shown(self.from_reference, [(u, v)])
        return super().position(u, v)

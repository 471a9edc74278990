"""Motion: how a video's camera moved between two looks, and when it stood still.

Corners are followed from picture to picture (Lucas and Kanade's optical flow in pyramids, Bouguet
2000), and what most of them did in common, a shift with turn and zoom, is taken for the camera's.
A fixed view that is hidden for a moment, by a bus, is the same view again behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frames import Pixels, fitted

Matrix = NDArray[np.float64]
"""3×3, from (u, v, 1), fractions of one picture, to those of another."""

_SIDE = 320  # pixels of the longer side at which corners are followed
_CORNERS, _APART, _WORTH = 200, 6, 0.01
_LEAST, _SHARE = 12, 0.2
"""Corners that agree, and their share, from which a motion is believed: in a crowd few stand."""
_OFF = 1.0  # pixels by which a corner may miss
_SAME = 1.0  # mean difference, of 255, up to which two pictures are one: a still scene, encoded
_STILL = 0.0015  # off by less (of the picture) is noise: half a pixel at this size
_QUIET = timedelta(seconds=3)
"""For so long another view must stand still to be a new one: longer than a bus drives by."""
_RENEWED = timedelta(seconds=30)
"""A view that stands is compared with one not older than that, as the light changes."""
_TRUSTED = timedelta(seconds=1)
"""A view that stood is not compared for so long, while nothing moves from look to look."""
_EDGES = np.array([(0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)], np.float64)


@dataclass(frozen=True, eq=False)
class Traced:
    """A picture's grey, small, with the corners that can be followed from it (N×1×2 pixels)."""

    grey: Pixels

    @classmethod
    def of(cls, picture: Pixels) -> Traced:
        """Of a picture, H×W×3 BGR."""
        size = fitted(picture.shape[1], picture.shape[0], _SIDE)
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        return cls(np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8))

    @cached_property
    def corners(self) -> NDArray[np.float32]:
        """Found when first asked for: most pictures of a still scene are asked for none."""
        found = cv2.goodFeaturesToTrack(self.grey, _CORNERS, _WORTH, _APART)
        none = np.empty((0, 1, 2), np.float32)
        return none if found is None else np.asarray(found, np.float32)

    @property
    def tells(self) -> bool:
        """Whether it has corners enough to tell a motion by."""
        return len(self.corners) >= _LEAST

    def to(self, other: Traced) -> Matrix | None:
        """From this picture to another one; None where that cannot be told."""
        if self.grey.shape != other.grey.shape:
            return None
        if float(cv2.absdiff(self.grey, other.grey).mean()) < _SAME:
            return np.eye(3)
        if not self.tells:
            return None
        there, found, _ = cv2.calcOpticalFlowPyrLK(
            self.grey, other.grey, self.corners, np.empty(0), winSize=(15, 15), maxLevel=4
        )
        ok = np.asarray(found).ravel() == 1
        if int(ok.sum()) < _LEAST:
            return None
        affine, inside = cv2.estimateAffinePartial2D(
            self.corners[ok], np.asarray(there)[ok], method=cv2.RANSAC, ransacReprojThreshold=_OFF
        )
        if affine is None or int(inside.sum()) < max(_LEAST, _SHARE * len(self.corners)):
            return None
        to_pixels = np.diag([float(self.grey.shape[1]), float(self.grey.shape[0]), 1.0])
        whole = np.vstack([affine, (0.0, 0.0, 1.0)])
        matrix: Matrix = np.linalg.inv(to_pixels) @ whole @ to_pixels
        return matrix


def displaced(matrix: Matrix) -> float:
    """How far a motion takes the corner of the picture that it takes furthest, in fractions."""
    after = _EDGES @ matrix.T
    return float(np.abs(after[:, :2] / after[:, 2:] - _EDGES[:, :2]).max())


class Standing:
    """Tells when a camera stands: its view differs by less than `within` from one before.

    Args:
        within: fraction of the picture by which a view may be off and is still the same.
    """

    def __init__(self, within: float) -> None:
        self.part = 0
        """Number of the view in which it stands, or last stood."""
        self._within = within
        self._view: tuple[Traced, datetime] | None = None
        self._next: tuple[Traced, datetime] | None = None
        self._asked: datetime | None = None

    def look(self, seen: Traced, step: Matrix | None, at: datetime) -> bool:
        """Whether it stands in the next look.

        Args:
            seen: the look.
            step: from the look before; None where that is not known.
            at: its moment.
        """
        asked = self._asked
        trusted = asked is not None and at - asked < _TRUSTED
        if trusted and step is not None and displaced(step) < _STILL:
            return True
        stands = self._stands(seen, at)
        self._asked = at if stands else None
        return stands

    def _stands(self, seen: Traced, at: datetime) -> bool:
        if self._view is None:
            self._view = seen, at
            return True
        view, since = self._view
        if not view.tells:  # it may begin in the dark; till then nothing shows that it moves
            if seen.tells:
                self._view, self.part = (seen, at), self.part + 1
            return True
        off = _off(view, seen)
        if off <= self._within:
            self._next = None
            if off < _STILL and seen.tells and at - since >= _RENEWED:
                self._view = seen, at
            return True
        if self._next is None or _off(self._next[0], seen) > self._within:
            self._next = (seen, at) if seen.tells else None
        elif at - self._next[1] >= _QUIET:
            self._view, self._next, self.part = (seen, at), None, self.part + 1
            return True
        return False


def _off(view: Traced, seen: Traced) -> float:
    motion = view.to(seen)
    return displaced(motion) if motion is not None else float("inf")

"""Ellipse: the error ellipse (95 %) of a position."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, cos, degrees, hypot, radians, sin, sqrt

import numpy as np
from numpy.typing import NDArray

PICTURE_DEVIATION = 0.004
"""Standard deviation of a point in the picture, as a fraction of it (ours): a person's click, and
the foot of a detector's box, are right to some eight pixels of 1920."""
_CHI_SQUARE_95 = 5.991
"""Square of the scaled distance that 95 % of a two-dimensional normal distribution stays within:
-2 ln 0.05, the chi-square quantile for two degrees of freedom."""
_MARGIN = 1.1
"""On the square as well, for what a propagation to first order leaves out: of 100 simulated drone
views 94 to 95 held the truth without it, 95 to 97 with it."""


@dataclass(frozen=True, slots=True)
class Ellipse:
    """Holds the true place with a probability of 95 %.

    Attributes:
        major_m: the longer semi-axis, metres.
        minor_m: the shorter semi-axis, metres.
        bearing: of the longer axis, degrees clockwise from north, 0 up to 180.
    """

    major_m: float
    minor_m: float
    bearing: float

    @classmethod
    def of(cls, covariance: NDArray[np.float64]) -> Ellipse:
        """The ellipse of a 2×2 covariance of metres east and north."""
        values, vectors = np.linalg.eigh(covariance)  # ascending
        minor, major = (sqrt(_CHI_SQUARE_95 * _MARGIN * max(0.0, float(v))) for v in values)
        east, north = vectors[:, 1]
        return cls(major, minor, degrees(atan2(east, north)) % 180)

    def covers(self, east: float, north: float) -> bool:
        """Whether a place lies in it, given in metres east and north of the ellipse's centre."""
        angle = radians(self.bearing)
        along = east * sin(angle) + north * cos(angle)
        across = east * cos(angle) - north * sin(angle)
        if abs(along) > self.major_m or abs(across) > self.minor_m:
            return False  # the only test that an ellipse without a width can fail
        size = self.major_m * self.minor_m
        return hypot(along * self.minor_m, across * self.major_m) <= size

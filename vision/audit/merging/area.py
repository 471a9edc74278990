"""Area: where on the ground something may be, as a normal distribution, and whether two are one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, cos, degrees, hypot, radians, sin, sqrt
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vision.audit.place import Place
from vision.geo.plane import LocalPlane

GATE = 5.991
"""Square of the scaled distance that holds 95 % of a two-dimensional normal distribution: the
chi-square quantile for two degrees of freedom, as in `vision.geo.ellipse`."""
_LEAST_M = 0.05
"""Deviation below which no position is known: what a rounded coordinate leaves, and more."""
_NEAR_POLE = 85.0  # LocalPlane's reach

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Area:
    """A place with its error.

    Attributes:
        lon, lat: the middle, WGS 84, degrees.
        covariance: 2×2, of metres east and north.
        method: of the places that it was made from.
        count: of them.
    """

    lon: float
    lat: float
    covariance: Matrix
    method: str
    count: int = 1

    @classmethod
    def of(cls, place: Place | None) -> Self | None:
        """Of a place that tells where the thing is; not of one that tells where the camera was."""
        if place is None or place.method == "exif" or place.accuracy_m is None:
            return None
        if abs(place.lat) > _NEAR_POLE:
            return None
        major, minor, bearing = place.ellipse or (place.accuracy_m, place.accuracy_m, 0.0)
        c, s = cos(radians(bearing)), sin(radians(bearing))
        axes = np.array(((s, c), (c, -s)))  # columns: east and north of the longer, the shorter
        variances = np.array((major, minor)) ** 2 / GATE + _LEAST_M**2
        return cls(place.lon, place.lat, axes * variances @ axes.T, place.method)

    @property
    def radius_m(self) -> float:
        """The longer semi-axis of the 95 % ellipse."""
        return sqrt(GATE * float(np.linalg.eigvalsh(self.covariance)[-1]))

    def place(self) -> Place:
        """As it is written down."""
        values, vectors = np.linalg.eigh(self.covariance)  # ascending
        minor, major = (round(sqrt(GATE * max(0.0, float(v))), 2) for v in values)
        bearing = round(degrees(atan2(vectors[0, 1], vectors[1, 1])) % 180, 2)
        return Place(
            lon=round(self.lon, 7),
            lat=round(self.lat, 7),
            accuracy_m=major,
            ellipse=(major, minor, bearing),
            method="pose" if self.method == "pose" else "geotiff",
        )


def apart(one: Area, other: Area) -> tuple[float, float]:
    """How far two areas are apart: squared, in their joint deviations (Mahalanobis); in metres."""
    east, north = LocalPlane(one.lon, one.lat).metres(other.lon, other.lat)
    (a, b), (_, c) = (one.covariance + other.covariance).tolist()
    scaled = (c * east * east - 2 * b * east * north + a * north * north) / (a * c - b * b)
    return scaled, hypot(east, north)


def common(areas: Sequence[Area]) -> Area:
    """The one place that all of these are of.

    Each counts by the inverse of its covariance. As the errors of a flight's pictures are not
    independent (one drift of the barometer, one compass, one ground), the error of the mean is not
    taken to shrink with their number: it is what covariance intersection with equal weights gives,
    which holds whatever the dependence (S. Julier and J. Uhlmann, A Non-divergent Estimation
    Algorithm in the Presence of Unknown Correlations, 1997).
    """
    if len(areas) == 1:
        return areas[0]
    plane = LocalPlane(areas[0].lon, areas[0].lat)
    count = sum(area.count for area in areas)
    weights = [area.count * np.linalg.inv(area.covariance) for area in areas]
    whole = np.linalg.inv(np.sum(weights, axis=0))
    points = [np.array(plane.metres(area.lon, area.lat)) for area in areas]
    middle = whole @ np.sum([w @ p for w, p in zip(weights, points, strict=True)], axis=0)
    lon, lat = plane.degrees(*middle.tolist())
    method = "pose" if any(area.method == "pose" for area in areas) else areas[0].method
    return Area(lon, lat, whole * count, method, count)

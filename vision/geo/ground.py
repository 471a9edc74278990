"""Ground: georeferences a fixed camera's picture by a homography from calibration points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from vision.geo.coordinates import Crs, convert
from vision.geo.ellipse import PICTURE_DEVIATION, Ellipse
from vision.geo.errors import NoGround, PlaceError
from vision.geo.homography import (
    Array,
    deviation,
    land,
    left_out_error,
    left_out_errors,
    slopes,
    solve,
    spread,
)
from vision.geo.plane import LocalPlane
from vision.geo.position import Position
from vision.mistakes.wrong import wrong

_HORIZON_DEVIATIONS = 3.0
"""A point must lie this many of its standard deviations below the horizon, or its distance has no
bound that the ellipse could show."""


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """A homography from the picture to the ground, which is taken as level. Made by `fit`.

    u and v are fractions of the picture's width and height, from its upper left corner.

    Attributes:
        plane: where the metres below are counted from.
        matrix: 3×3, from (u, v, 1) to (east·w, north·w, w), east and north in metres; w is
            positive below the horizon.
        uncertainty: 9×9, covariance of the matrix, row by row.
        deviation_m: how far off along each axis the calibration points and level ground are taken
            to be: the residuals, pooled with 1.5 m, which counts while they are few.
        error_m: how far from its true place a point lands that was not used, metres (root mean
            square over leaving each point out once). None where this cannot be measured: it takes
            five points, four of them well spread without the fifth, and that none lands above
            the horizon.
        missed_m: how far from its place each calibration point lands, metres: one that is wrong
            stands out. Four points fit whatever they are.
        left_out_m: how far each lands by the others alone, metres; infinite where these put it
            beyond the horizon, None where it cannot be told.
    """

    plane: LocalPlane
    matrix: Array
    uncertainty: Array
    deviation_m: float
    error_m: float | None
    missed_m: tuple[float, ...] = ()
    left_out_m: tuple[float | None, ...] = ()

    @classmethod
    def fit(cls, points: Sequence[Sequence[float]], crs: Crs = "WGS84") -> Ground:
        """The homography through at least four points (u, v, lon, lat), degrees in `crs`.

        Raises:
            PlaceError: too few points, or points that cannot all lie on ground that one camera
                sees from above; the message numbers them from 1.
        """
        picture, places = _read(points, crs)
        plane = LocalPlane(*places.mean(axis=0).tolist())
        metres = np.array([plane.metres(lon, lat) for lon, lat in places.tolist()])
        matrix = solve(picture, metres)
        off = deviation(matrix, picture, metres)
        uncertainty = spread(matrix, picture, off)
        left_out = left_out_errors(picture, metres)
        missed = land(matrix, picture) - metres
        apart = tuple(float(metres) for metres in np.linalg.norm(missed, axis=1))
        error = left_out_error(left_out)
        return cls(plane, matrix, uncertainty, off, error, apart, tuple(left_out))

    def position(self, u: float, v: float) -> Position:
        """The ground at a point of the picture: WGS 84, with its 95 % ellipse.

        The ellipse adds up, to first order, what the point itself, the calibration points and the
        ground's unevenness may be off by, so it grows away from the calibration points (A.
        Criminisi, I. Reid, A. Zisserman, A Plane Measuring Device, Image and Vision Computing 17,
        1999). `accuracy_m` is its longer semi-axis. `error_m` does not enter: with few points it
        reflects the weak fit to the rest rather than the fit to all.

        Raises:
            NoGround: the point is at, above or too near the horizon.
        """
        point = np.array((u, v, 1.0))
        east, north, w = (self.matrix @ point).tolist()
        slant = float(np.linalg.norm(self.matrix[2, :2])) * PICTURE_DEVIATION
        doubt = sqrt(slant**2 + float(point @ self.uncertainty[6:, 6:] @ point))
        if not w > _HORIZON_DEVIATIONS * doubt:
            raise NoGround(
                f"the point ({u:.3f}, {v:.3f}) is at, above or too near the horizon to tell where"
                " it is; take one lower in the picture, or calibrate with points farther away"
            )
        by_point, by_matrix = slopes(self.matrix, u, v)
        ellipse = Ellipse.of(
            by_point @ by_point.T * PICTURE_DEVIATION**2
            + by_matrix @ self.uncertainty @ by_matrix.T
            + np.eye(2) * self.deviation_m**2
        )
        lon, lat = self.plane.degrees(east / w, north / w)
        return Position(lon, lat, "WGS84", ellipse.major_m, "homography", ellipse)

    def area(self, box: tuple[float, float, float, float]) -> tuple[float, float]:
        """Square metres of ground under a box (fractions of the picture), and their error.

        The error is what the corners' own add up to (95 %), as if they were independent: since
        they are off together in part, it is rather too large.

        Raises:
            NoGround: a corner is at, above or too near the horizon.
        """
        x1, y1, x2, y2 = box
        corners = [self.position(u, v) for u, v in ((x1, y1), (x2, y1), (x2, y2), (x1, y2))]
        places = np.array([self.plane.metres(c.lon, c.lat) for c in corners])
        # The shoelace formula, and its slope by each corner: half the way between its neighbours.
        across = np.roll(places, -1, axis=0) - np.roll(places, 1, axis=0)
        size = float(places[:, 0] @ across[:, 1]) / 2
        off = np.linalg.norm(across, axis=1) / 2 * [c.accuracy_m or 0.0 for c in corners]
        return abs(size), float(np.linalg.norm(off))

    def picture(self, lon: float, lat: float) -> tuple[float, float] | None:
        """Where a WGS 84 place on the ground is seen, as u and v; None behind the camera.

        A place beside the picture has u or v below 0 or above 1, so that the outline of a permit
        can be drawn across the picture's edge.
        """
        place = np.array((*self.plane.metres(lon, lat), 1.0))
        u, v, front = np.linalg.solve(self.matrix, place).tolist()
        return (u / front, v / front) if front > 0 else None


_LIKE = "[u, v, lon, lat]"


def _read(points: Sequence[Sequence[float]], crs: Crs) -> tuple[Array, Array]:
    """N×2 picture points and N×2 WGS 84 places."""
    if len(points) < 4:
        raise PlaceError(wrong("points_few", count=len(points), like=_LIKE))
    places = []
    for number, point in enumerate(points, start=1):
        if len(point) != 4:
            raise PlaceError(wrong("point_numbers", point=number, count=len(point), like=_LIKE))
        u, v, lon, lat = point
        if not (0 <= u <= 1 and 0 <= v <= 1):
            raise PlaceError(wrong("point_outside", point=number, u=u, v=v))
        if not (abs(lon) <= 180 and abs(lat) <= 90):
            raise PlaceError(wrong("point_nowhere", point=number, lon=lon, lat=lat))
        places.append(convert(lon, lat, crs, "WGS84"))
    return np.array([p[:2] for p in points], np.float64), np.array(places, np.float64)

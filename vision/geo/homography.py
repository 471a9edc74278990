"""The homography from a picture to level ground: fitted, checked, with its uncertainty.

u and v are fractions of the picture's width and height, from its upper left corner; east and north
are metres. A matrix is 3×3, from (u, v, 1) to (east·w, north·w, w), with w positive below the
horizon.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.geo.ellipse import PICTURE_DEVIATION
from vision.geo.errors import PlaceError
from vision.mistakes.wrong import wrong

Array = NDArray[np.float64]

_ASSUMED_DEVIATION_M = 1.5
"""Standard deviation of a calibration point's place along each axis, until the points show their
own (ours): read off a street map or an aerial picture."""
_SAME = (0.002, 0.05)
"""Points nearer than this in the picture (fraction) or on the ground (metres) are one point."""
_FLAT = 0.01
"""Points whose spread across a line is this fraction of that along it are taken to lie on it."""
_SOUND = 0.05
"""The same, where the points left after taking one out shall say where that one lies."""


def solve(picture: Array, metres: Array) -> Array:
    """The matrix with the smallest sum of squared errors in metres.

    Args:
        picture: N×2, u and v.
        metres: N×2, east and north.

    Raises:
        PlaceError: the points cannot all lie on ground that one camera sees from above.
    """
    _refuse_degenerate(picture, metres)
    middle = picture.mean(axis=0)  # so that w is 1 there: OpenCV divides by w at the origin
    found, _ = cv2.findHomography(picture - middle, metres, 0)
    if found is None:
        raise PlaceError(wrong("points_unfit"))
    to_middle = np.array(((1.0, 0.0, -middle[0]), (0.0, 1.0, -middle[1]), (0.0, 0.0, 1.0)))
    matrix = np.asarray(found @ to_middle, np.float64)
    land(matrix, picture)
    if np.linalg.det(matrix) >= 0:  # from above, right and down are east and south, never mirrored
        raise PlaceError(wrong("points_mirrored"))
    return matrix


def left_out_error(off: Sequence[float | None]) -> float | None:
    """How far from its place a point lands that was left out: root mean square, metres.

    None where no point can be left out, which takes at least five, and where the others put one
    beyond the horizon: then the error has no bound.

    Args:
        off: of each point, see `left_out_errors`.
    """
    squares = [metres**2 for metres in off if metres is not None]
    return sqrt(sum(squares) / len(squares)) if squares and inf not in squares else None


def left_out_errors(picture: Array, metres: Array) -> list[float | None]:
    """How far from its place each point lands if it alone is left out, metres.

    Points whose absence leaves the others nearly on a line are not left out (None): such a rest
    says little about anything. Infinite where the others put one beyond the horizon.
    """
    off: list[float | None] = []
    for k in range(len(picture)):
        rest, known = np.delete(picture, k, axis=0), np.delete(metres, k, axis=0)
        if len(rest) < 4 or min(_flatness(rest), _flatness(known)) < _SOUND:
            off.append(None)
            continue
        try:
            landed = land(solve(rest, known), picture[k : k + 1])
        except PlaceError:
            off.append(inf)
            continue
        off.append(sqrt(float(np.sum((landed - metres[k]) ** 2))))
    return off


def deviation(matrix: Array, picture: Array, metres: Array) -> float:
    """How far off along each axis the points, and level ground, are: one deviation, metres.

    The residuals of the fit over their degrees of freedom (two for each point, less the matrix's
    eight), pooled with the assumption as if one point more had shown it. So four points, which
    fit exactly, are worth the assumption, and many are worth what they show.
    """
    residuals = land(matrix, picture) - metres
    assumed = 2 * _ASSUMED_DEVIATION_M**2
    return sqrt((float(np.sum(residuals**2)) + assumed) / (residuals.size - 8 + 2))


def land(matrix: Array, picture: Array) -> Array:
    """N×2 metres of N×2 picture points.

    Raises:
        PlaceError: a point lies at or above the horizon.
    """
    mapped = picture @ matrix[:, :2].T + matrix[:, 2]
    above = (np.flatnonzero(mapped[:, 2] <= 0) + 1).tolist()
    if len(above) == 1:
        raise PlaceError(wrong("point_above", points=above))
    if above:
        raise PlaceError(wrong("points_above", points=above))
    return np.asarray(mapped[:, :2] / mapped[:, 2:])


def slopes(matrix: Array, u: float, v: float) -> tuple[Array, Array]:
    """Derivatives of (east, north): 2×2 by (u, v), and 2×9 by the matrix, row by row."""
    point = np.array((u, v, 1.0))
    mapped = matrix @ point
    by_mapped = np.column_stack((np.eye(2), -mapped[:2] / mapped[2])) / mapped[2]
    return by_mapped @ matrix[:, :2], np.kron(by_mapped, point)


def spread(matrix: Array, picture: Array, deviation_m: float) -> Array:
    """9×9 covariance of the matrix, row by row, at fixed length (its scale means nothing).

    To first order, for least squares over points that are off by `PICTURE_DEVIATION` in the
    picture and by `deviation_m` along each axis on the ground (R. Hartley, A. Zisserman, Multiple
    View Geometry, 2nd ed., section 5.2).
    """
    by_point, by_matrix = zip(*(slopes(matrix, u, v) for u, v in picture.tolist()), strict=True)
    fixed = np.linalg.svd(matrix.reshape(1, 9))[2][1:].T  # 9×8: all directions but the scale
    gain = fixed @ np.linalg.pinv(np.vstack(by_matrix) @ fixed)
    covariance = np.zeros((9, 9))
    for k, slope in enumerate(by_point):
        noise = slope @ slope.T * PICTURE_DEVIATION**2 + np.eye(2) * deviation_m**2
        part = gain[:, 2 * k : 2 * k + 2]
        covariance += part @ noise @ part.T
    return covariance


def _refuse_degenerate(picture: Array, metres: Array) -> None:
    if same := _same(picture, _SAME[0]):
        raise PlaceError(wrong("points_same_in_picture", one=same[0], other=same[1]))
    if _flatness(picture) < _FLAT:
        raise PlaceError(wrong("points_in_row_in_picture"))
    if same := _same(metres, _SAME[1]):
        raise PlaceError(wrong("points_same_on_ground", one=same[0], other=same[1]))
    if _flatness(metres) < _FLAT:
        raise PlaceError(wrong("points_in_row_on_ground"))


def _same(points: Array, least: float) -> tuple[int, int] | None:
    """The numbers of the first two points, counted from 1, that are nearer than `least`."""
    distances = np.linalg.norm(points[:, None] - points[None], axis=-1)
    first, second = np.nonzero(np.triu(distances < least, k=1))
    return (int(first[0]) + 1, int(second[0]) + 1) if len(first) else None


def _flatness(points: Array) -> float:
    """Spread across over spread along the best line, at worst when any one point is left out.

    A homography is determined only where this is not zero: with all points but one on a line it
    may still turn about that line.
    """
    return min(
        float(width / length)
        for k in range(len(points))
        for length, width in [_extents(np.delete(points, k, axis=0))]
    )


def _extents(points: Array) -> tuple[float, float]:
    length, width = np.linalg.svd(points - points.mean(axis=0), compute_uv=False).tolist()
    return length, width

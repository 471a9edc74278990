"""Conversions between WGS 84, CGCS2000, GCJ-02 and BD-09, in degrees.

CGCS2000 is taken as WGS 84: the ellipsoids differ by 0.1 mm; its epoch is fixed at 2000.0, so
the two drift apart with the continental plate, a few centimetres a year, less than a metre so far
(Yang Y., Chinese Geodetic Coordinate System 2000, Chinese Science Bulletin 54, 2009).

GCJ-02 and BD-09 have no public specification. These are the formulas that all open converters
share (see github.com/Artoria2e5/PRCoords and github.com/googollee/eviltransform for their
history). Against the examples that AMap's and Baidu's own documentation print they are off by
0.05 m and 0.7 m; the tests hold them to that. The inverses have no closed form; they are iterated
until they return to within 1e-9 degrees (0.1 mm).
"""

from __future__ import annotations

from collections.abc import Callable
from math import atan2, cos, hypot, pi, sin, sqrt
from typing import Literal

from vision.geo.plane import degree_lengths

Crs = Literal["WGS84", "CGCS2000", "GCJ02", "BD09"]
_Shift = Callable[[float, float], tuple[float, float]]

# Krasovsky 1940, which GCJ-02 mixes with WGS 84: semi-major axis (m), eccentricity squared.
_KRASOVSKY = (6378245.0, 0.00669342162296594323)
# Where public map services shift coordinates, as west, south, east, north in degrees: the first
# list less the second. After Aimeast, 2012, cnblogs.com/Aimeast/archive/2012/08/09/2629614.html,
# which left out Heihe, Dongxing and Sansha. It is no map of a border: some neighbours' towns are
# inside. The usual single box (72.004 to 137.8347 E, 0.8293 to 55.8271 N) has Seoul and Hanoi in.
_SHIFTED = (
    (79.4462, 42.8899, 96.3300, 49.2204),
    (109.6872, 39.3742, 135.0002, 54.1415),
    (73.1246, 29.5297, 124.143255, 42.8899),
    (82.9684, 26.7186, 97.0352, 29.5297),
    (97.0253, 20.414096, 124.367395, 29.5297),
    (107.975793, 17.871542, 111.744104, 20.414096),
    (111.0, 15.7, 113.0, 17.2),
)
_NOT_SHIFTED = (
    (119.921265, 21.785006, 122.497559, 25.398623),
    (101.8652, 20.0988, 106.6650, 22.2840),
    (106.4525, 20.4878, 107.9000, 21.5422),
    (109.0323, 50.3257, 119.1270, 55.8175),
    (127.6000, 50.3500, 137.0227, 55.8175),
    (128.9000, 49.5574, 137.0227, 50.3500),
    (131.2662, 42.5692, 137.0227, 44.8922),
)
_LARGEST_SHIFT = 0.03
"""Degrees; above every shift that the formulas make inside those rectangles."""
_ROUNDS = 10
"""Each round shrinks the error some fifty times: more than doubles can show."""
_ROUNDING = 1e-9
"""Degrees by which a place on the area's edge may come back outside it."""


def convert(lon: float, lat: float, source: Crs, target: Crs) -> tuple[float, float]:
    """Longitude and latitude (degrees) of one system in another.

    Outside the area where public map services shift coordinates nothing is shifted. Within about
    a kilometre of that area's edge a GCJ-02 or BD-09 coordinate may have two origins; the one
    inside the area is returned.
    """
    if _SHIFTS.get(source) is _SHIFTS.get(target):
        return lon, lat
    if source in _SHIFTS:
        lon, lat = _unshift(_SHIFTS[source], lon, lat)
    if target in _SHIFTS and _inside(lon, lat):
        return _SHIFTS[target](lon, lat)
    return lon, lat


def _unshift(shift: _Shift, lon: float, lat: float) -> tuple[float, float]:
    """The place that `shift` moves to `lon`, `lat`, by fixed-point iteration."""
    if not _inside(lon, lat, _LARGEST_SHIFT):
        return lon, lat
    x, y = lon, lat
    for _ in range(_ROUNDS):
        shifted_lon, shifted_lat = shift(x, y)
        x, y = x + lon - shifted_lon, y + lat - shifted_lat
    return (x, y) if _inside(x, y, _ROUNDING) else (lon, lat)


def _inside(lon: float, lat: float, margin: float = 0.0) -> bool:
    """Whether a WGS 84 place is shifted, or lies within `margin` degrees of one that is."""
    return any(
        w - margin <= lon <= e + margin and s - margin <= lat <= n + margin
        for w, s, e, n in _SHIFTED
    ) and not any(
        w + margin <= lon <= e - margin and s + margin <= lat <= n - margin
        for w, s, e, n in _NOT_SHIFTED
    )


def _gcj02(lon: float, lat: float) -> tuple[float, float]:
    """GCJ-02 of a WGS 84 place: a shift in metres, written as polynomial and waves."""
    x, y = lon - 105, lat - 35
    waves = sin(6 * pi * x) + sin(2 * pi * x)
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    east += (waves + sin(pi * x) + 2 * sin(pi * x / 3)) * 40 / 3
    east += 100 * sin(pi * x / 12) + 200 * sin(pi * x / 30)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    north += (waves + sin(pi * y) + 2 * sin(pi * y / 3)) * 40 / 3
    north += (320 * sin(pi * y / 12) + 640 * sin(pi * y / 30)) / 3
    per_lon, per_lat = degree_lengths(lat, _KRASOVSKY)
    return lon + east / per_lon, lat + north / per_lat


def _bd09(lon: float, lat: float) -> tuple[float, float]:
    """BD-09 of a WGS 84 place: GCJ-02, rippled in polar coordinates and moved."""
    x, y = _gcj02(lon, lat)
    ripple = pi * 3000 / 180
    reach = hypot(x, y) + 2e-5 * sin(y * ripple)
    angle = atan2(y, x) + 3e-6 * cos(x * ripple)
    return reach * cos(angle) + 0.0065, reach * sin(angle) + 0.006


_SHIFTS: dict[Crs, _Shift] = {"GCJ02": _gcj02, "BD09": _bd09}

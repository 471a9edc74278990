"""No-keep areas: places on the map of which nothing is kept, whoever films them.

What lies there by its place, its error included, becomes no case, and no picture of it is stored.
In pictures of other things the area is painted out, grown by what the view's error may be, where
the view tells how it lies. A carried camera does not tell which way it looks: within its viewing
distance of an area, no picture of it is kept. Nor is any of a moving camera that tells no place.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import radians, tan

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import affinity

from vision.fields import Part
from vision.geo.carried_pose import CarriedPose
from vision.geo.drone_pose import DronePose
from vision.geo.errors import NoGround
from vision.geo.ground import Ground
from vision.geo.plane import LocalPlane
from vision.geo.position import Position
from vision.geo.view import View
from vision.registers.permits import OnMap

Outline = tuple[tuple[float, float], ...]
"""Corners as fractions of a picture."""
_FAR_M = 2000.0
"""Metres beyond which an area is not looked for in a picture: what is there is a few pixels."""
_UNKNOWN_M = 100.0
"""Error of a place of which nobody knows it."""
_LEAST_M = 0.01
"""Of a place's error: a point with none would touch nothing."""
_BEFORE = 1e-6
_GRID = [(u, v) for u in (0.0, 0.5, 1.0) for v in (0.0, 0.5, 1.0)]
_PICTURE = shapely.box(0, 0, 1, 1)


class NoKeep(Part):
    """A named area, its corners as longitude and latitude in WGS 84 degrees."""

    name: str
    polygon_wgs84: OnMap


class NoKeepAreas:
    """The areas of a site."""

    def __init__(self, areas: Sequence[NoKeep]) -> None:
        self._areas = tuple(areas)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._areas)

    def touched_by(self, where: Position) -> bool:
        """Whether a place, its error included, touches one of them."""
        place = where.to("WGS84")
        off = _UNKNOWN_M if place.accuracy_m is None else place.accuracy_m
        around = shapely.Point(0, 0).buffer(max(off, _LEAST_M), quad_segs=16)
        if place.ellipse is not None and place.ellipse.major_m > 0:
            flat = max(place.ellipse.minor_m, _LEAST_M) / place.ellipse.major_m
            around = shapely.Point(0, 0).buffer(place.ellipse.major_m, quad_segs=16)
            around = affinity.scale(around, flat, 1.0)  # the longer axis to the north
            around = affinity.rotate(around, -place.ellipse.bearing, origin=(0, 0))
        plane = LocalPlane(place.lon, place.lat)
        return any(around.intersects(shapely.Polygon(_ring(plane, a))) for a in self._areas)

    def in_picture(self, view: View | None, *, moves: bool) -> tuple[Outline, ...] | None:
        """What is to be painted out of a picture; None where it may not be kept at all.

        Args:
            view: how the picture lies on the map, where that is known.
            moves: whether the camera does, so that without a view it may look at any of them.
        """
        if not self._areas:
            return ()
        if view is None:
            return None if moves else ()
        found = list[Outline]()
        plane = view.plane if isinstance(view, Ground) else LocalPlane(view.lon, view.lat)
        for area in self._areas:
            ring = shapely.Polygon(_ring(plane, area))
            if ring.distance(shapely.Point(0, 0)) > _FAR_M:
                continue
            if isinstance(view, CarriedPose):
                reach = view.position(0.5, 0.5).accuracy_m or 0.0
                if ring.distance(shapely.Point(0, 0)) <= reach:
                    return None
                continue
            outline = _outline(view, ring)
            if outline is None:
                return None
            found += [outline] if outline else []
        return tuple(found)


def _ring(plane: LocalPlane, area: NoKeep) -> list[tuple[float, float]]:
    return [plane.metres(lon, lat) for lon, lat in area.polygon_wgs84]


def _outline(view: DronePose | Ground, ring: shapely.Polygon) -> Outline | None:
    """An area (metres on the view's plane) in its picture; empty out of it, None where unsure."""
    errors = [error for at in _GRID if (error := _error(view, *at)) is not None]
    if not errors:
        return None
    hull = ring.buffer(max(errors)).convex_hull
    matrix = _to_picture(view)
    before = _in_front(matrix, shapely.get_coordinates(hull.boundary).tolist())
    if len(before) < 3:
        return ()
    shown = shapely.MultiPoint([(u / d, v / d) for u, v, d in before]).convex_hull
    shown = shown.intersection(_PICTURE)
    if shown.is_empty or not isinstance(shown, shapely.Polygon):
        return ()
    corners = [(float(u), float(v)) for u, v in shown.exterior.coords]
    if any(_error(view, u, v) is None for u, v in corners):
        return None  # towards the horizon nobody can tell where it ends
    return tuple(corners)


def _error(view: DronePose | Ground, u: float, v: float) -> float | None:
    try:
        return view.position(u, v).accuracy_m
    except NoGround:
        return None


def _to_picture(view: DronePose | Ground) -> NDArray[np.float64]:
    """3×3, from (east, north, 1) on the view's plane to (u·d, v·d, d), d positive in front."""
    if isinstance(view, Ground):
        back = np.linalg.inv(view.matrix)
        return np.asarray(back, np.float64)
    origin, east, north = (np.array(at) for at in view.seen_along([(0, 0), (1, 0), (0, 1)]))
    rays = np.column_stack([east - origin, north - origin, origin])
    focal = view.width / 2 / tan(radians(view.fov / 2))
    across, down = focal / view.width, focal / view.height
    lens = np.array([[across, 0, 0.5], [0, down, 0.5], [0, 0, 1]], np.float64)
    return np.asarray(lens @ rays, np.float64)


def _in_front(
    matrix: NDArray[np.float64], ring: Sequence[Sequence[float]]
) -> list[NDArray[np.float64]]:
    """The corners of a closed ring, cut off where it goes behind the camera."""
    corners = [matrix @ (x, y, 1.0) for x, y in ring]
    least = _BEFORE * max(float(np.abs(corner).max()) for corner in corners)
    kept = list[NDArray[np.float64]]()
    for one, other in pairwise(corners):
        if one[2] > least:
            kept.append(one)
        if (one[2] > least) != (other[2] > least):
            share = (least - one[2]) / (other[2] - one[2])
            kept.append(one + share * (other - one))
    return kept

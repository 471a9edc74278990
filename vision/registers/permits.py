"""Permits: the register of permits: an activity that is allowed at a place and time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, time
from typing import Annotated

import shapely
from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from vision.fields import DaysField, Hours, KindName, Part, Polygon, as_drawn
from vision.geo.drone_pose import DronePose
from vision.geo.errors import NoGround
from vision.geo.ground import Ground
from vision.geo.plane import LocalPlane
from vision.geo.view import View
from vision.hours import WeeklyHours
from vision.mistakes.wrong import wrong
from vision.outlines import THINNEST_M, check_outline


def _on_earth(place: tuple[float, float]) -> tuple[float, float]:
    lon, lat = place
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        raise ValueError(wrong("degrees", lon=f"{lon:g}", lat=f"{lat:g}"))
    return place


Degrees = Annotated[tuple[float, float], AfterValidator(_on_earth)]
"""Longitude and latitude."""


def _encloses(ring: tuple[Degrees, ...], info: ValidationInfo) -> tuple[Degrees, ...]:
    if as_drawn(info):
        check_outline(ring, THINNEST_M, list(_on(LocalPlane(*ring[0]), ring)))
    return ring


OnMap = Annotated[tuple[Degrees, ...], Field(min_length=3), AfterValidator(_encloses)]
Line = tuple[tuple[float, float], tuple[float, float]]
"""Two points of the picture, in fractions of its width and height."""


class Permit(Part):
    """Permission for a kind of thing at a place, at times.

    The place is drawn either in the picture of one camera (`camera`, `polygon`, `keep_out`, and
    `preset` where it has any) or on the map (`polygon_wgs84`, `keep_out_wgs84`: longitude and
    latitude in WGS 84 degrees) for every camera whose `ground` is known and every moving one that
    tells its pose. Objects on a strip of `keep_out` are not permitted. What may be sold there
    (`categories`) and by whom (`stalls`) cannot be seen: both are shown to the reviewer.
    """

    name: str
    kinds: Annotated[tuple[KindName, ...], Field(min_length=1)] = ("street_vending",)
    camera: str | None = None
    preset: str | None = None
    polygon: Polygon | None = None
    keep_out: tuple[Polygon, ...] = ()
    polygon_wgs84: OnMap | None = None
    keep_out_wgs84: tuple[OnMap, ...] = ()
    hours: Hours = WeeklyHours()
    valid: DaysField | None = None
    categories: tuple[str, ...] = ()
    stalls: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_somewhere(self) -> Permit:
        in_picture = self.polygon is not None and self.camera is not None
        if in_picture == (self.polygon_wgs84 is not None):
            raise ValueError(wrong("permit_nowhere", permit=self.name))
        if (in_picture and self.keep_out_wgs84) or (not in_picture and self.keep_out):
            raise ValueError(wrong("permit_strips", permit=self.name))
        return self

    def holds_at(self, local: datetime, holidays: Collection[date]) -> bool:
        """Whether it is in force at this local time (in the site's zone)."""
        in_force = self.valid is None or local.date() in self.valid
        return in_force and self.hours.includes(local, holidays)


class PermitRegister:
    """The permits of one kind that one camera can see, with their places worked out.

    Args:
        permits: of the whole site.
        kind: what they must permit.
        camera: its id.
        preset: the one at which it stands, of a camera that has any.
        ground: the camera's homography.
        moves: the camera is a drone's, or carried.

    Attributes:
        view: the mapping from the current picture to the map: the camera's ground, or the
            pose at that moment of one that moves. Without one, permits on the map do not apply to a
            fixed camera; one that moves may be at any of them.
    """

    def __init__(
        self,
        permits: Sequence[Permit],
        *,
        kind: str,
        camera: str,
        preset: str | None = None,
        ground: Ground | None,
        moves: bool = False,
    ) -> None:
        self._moves = moves
        self.view: View | None = ground
        self._areas = [
            (permit, area)
            for permit in permits
            if kind in permit.kinds and (area := _area(permit, camera, preset)) is not None
        ]

    @property
    def permits(self) -> tuple[Permit, ...]:
        """Those that concern the picture at hand."""
        return tuple(permit for permit, area in self._areas if area.seen_by(self.view, self._moves))

    @property
    def times(self) -> frozenset[time]:
        """The times of day at which one of them begins or ends."""
        return frozenset[time]().union(*(permit.hours.times for permit, _ in self._areas))

    def covering(self, foot: Line, local: datetime, holidays: Collection[date]) -> Permit | None:
        """The permit in force at this local time for what stands on `foot`, a line in the picture.

        The middle of its foot must be inside, and no part of its middle half on a keep-out strip.
        The view's error counts in its favour. If a drone's view is too flat to give a position, or
        what moves gave no pose, any permit on the map covers it.
        """
        for permit, area in self._areas:
            if permit.holds_at(local, holidays) and area.holds(foot, self.view, self._moves):
                return permit
        return None


class _Area:
    """A permit's polygon and keep-out strips, in the picture or in metres on a plane."""

    def __init__(
        self, inside: shapely.Polygon, kept: Sequence[shapely.Polygon], plane: LocalPlane | None
    ) -> None:
        self._inside, self._kept, self._plane = inside, kept, plane

    def seen_by(self, view: View | None, moves: bool) -> bool:
        return self._plane is None or view is not None or moves

    def holds(self, foot: Line, view: View | None, moves: bool) -> bool:
        (x1, y1), (x2, y2) = foot
        quarters = [(x1 + (x2 - x1) * q, y1 + (y2 - y1) * q) for q in (0.25, 0.5, 0.75)]
        off = 0.0
        if self._plane is not None:
            if view is None:  # a fixed camera that nobody placed, or one that may be anywhere
                return moves
            try:
                seen = [view.position(u, v) for u, v in quarters]
            except NoGround:
                # Above a fixed camera's horizon is no pavement; a drone's moves as it turns.
                return isinstance(view, DronePose)
            off = seen[1].accuracy_m or 0.0
            quarters = [self._plane.metres(p.lon, p.lat) for p in seen]
        left, middle, right = quarters
        base = shapely.LineString([left, right])
        return self._inside.distance(shapely.Point(middle)) <= off and not any(
            strip.buffer(-off).intersects(base) for strip in self._kept
        )


def _area(permit: Permit, camera: str, preset: str | None) -> _Area | None:
    if permit.polygon is not None:
        if (permit.camera, permit.preset) != (camera, preset):
            return None
        kept = [shapely.Polygon(strip) for strip in permit.keep_out]
        return _Area(shapely.Polygon(permit.polygon), kept, None)
    assert permit.polygon_wgs84 is not None
    plane = LocalPlane(*permit.polygon_wgs84[0])
    kept = [shapely.Polygon(list(_on(plane, strip))) for strip in permit.keep_out_wgs84]
    return _Area(shapely.Polygon(list(_on(plane, permit.polygon_wgs84))), kept, plane)


def _on(plane: LocalPlane, ring: OnMap) -> Iterator[tuple[float, float]]:
    return (plane.metres(lon, lat) for lon, lat in ring)

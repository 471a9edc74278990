"""Proximity: finds cases near a position on the ground, or in the same zone of a camera."""

from __future__ import annotations

from math import hypot

from sqlalchemy import ColumnElement, Select, or_, select, union

from api.storage.tables import CaseRow, SightingRow
from vision.geo import LocalPlane, Position
from vision.site import Camera, Site

_REGISTERED = "camera_registered"
_NEAREST_POLE = 85.0
"""Degrees of latitude beyond which east and west mean little."""


def is_fixed(camera: Camera) -> bool:
    """Whether a camera stays where it is, so that a place in its picture is a place."""
    return camera.type == "cctv"


def fixed_cameras(site: Site) -> frozenset[str]:
    """The ids of the site's fixed cameras."""
    return frozenset(camera.id for camera in site.cameras if is_fixed(camera))


def located(where: Position | None) -> Position | None:
    """Return a violation's own position in WGS 84; None if its error is not known.

    A camera's own place is not a position of what it sees: two cameras on one pole look two ways.
    """
    if where is None or where.accuracy_m is None or where.method == _REGISTERED:
        return None
    degrees = where.to("WGS84")
    return degrees if abs(degrees.lat) <= _NEAREST_POLE else None


def position(case: CaseRow) -> Position | None:
    """A case's own position, in WGS 84; None as in `located`."""
    if case.lon is None or case.lat is None or case.method in {None, _REGISTERED}:
        return None
    # What `located` let in was stored in WGS 84.
    return Position(case.lon, case.lat, "WGS84", case.accuracy_m, case.method)  # type: ignore[arg-type]


def apart(one: Position, other: Position) -> float:
    """Metres on the ground between two positions in WGS 84."""
    return hypot(*LocalPlane(one.lon, one.lat).metres(other.lon, other.lat))


def seen_by(camera: str, zone: str) -> Select[str]:
    """Ids of the cases that this zone of this camera has seen."""
    return select(SightingRow.case_id).where(SightingRow.camera == camera, SightingRow.zone == zone)


def about(asset: str) -> Select[str]:
    """Ids of the cases that are about this registered asset."""
    return select(CaseRow.id).where(CaseRow.asset == asset)


def around(where: Position, metres: float, kind: str) -> Select[str]:
    """Ids of the cases of a kind with a position in the square of ± `metres` around this one."""
    west, south = LocalPlane(where.lon, where.lat).degrees(-metres, -metres)
    east, north = LocalPlane(where.lon, where.lat).degrees(metres, metres)
    return select(CaseRow.id).where(
        CaseRow.kind == kind,
        CaseRow.lat.between(south, north),
        # Across the 180th meridian west is greater than east.
        CaseRow.lon.between(west, east)
        if west <= east
        else or_(CaseRow.lon >= west, CaseRow.lon <= east),
        CaseRow.method != _REGISTERED,
    )


def among(*ids: Select[str]) -> ColumnElement[bool]:
    """The condition that a case is one of these."""
    return CaseRow.id.in_(union(*ids) if len(ids) > 1 else ids[0])

"""Sketch: where a case is, drawn from coordinates alone: camera, circle of error, grid, north."""

from __future__ import annotations

from collections.abc import Mapping
from math import hypot, log10
from typing import Any

from markupsafe import Markup

from vision.geo import LocalPlane, PlaceError, Position

_HALF = 50.0
"""The drawing is 100 units wide and high."""
_LEAST_M = 15.0


def sketch(where: Position | None, camera: Mapping[str, Any] | None) -> Markup | None:
    """An SVG with north at the top; None without a position.

    Args:
        where: the case's.
        camera: `lon`, `lat` and `crs` of where it stands, if that is known.
    """
    if where is None:
        return None
    try:
        here = where.to("WGS84")
        plane = LocalPlane(here.lon, here.lat)
        stands = _metres(plane, camera)
    except (PlaceError, KeyError, TypeError):
        return None
    accuracy = where.accuracy_m or 0.0
    # Wide enough for the camera not to stand on the north arrow or the scale in the corners.
    reach = max(_LEAST_M, 1.15 * accuracy, 1.6 * max(map(abs, stands)) if stands else 0.0)
    if stands and hypot(*stands) > 5000:  # a register's slip of the pen; the place matters
        stands, reach = None, max(_LEAST_M, 1.15 * accuracy)
    scale = _HALF / reach
    parts = [*_grid(reach, scale), _circle(accuracy * scale)]
    if stands:
        parts.append(_camera(stands[0] * scale, -stands[1] * scale))
    parts.append('<circle class="spot" r="1.8"/>')
    return Markup(  # noqa: S704 - numbers of ours alone
        '<svg class="map" viewBox="-50 -50 100 100" xmlns="http://www.w3.org/2000/svg">'
        f"{''.join(parts)}</svg>"
    )


def _metres(plane: LocalPlane, camera: Mapping[str, Any] | None) -> tuple[float, float] | None:
    if camera is None:
        return None
    position = Position(camera["lon"], camera["lat"], camera["crs"], None, "camera_registered")
    place = position.to("WGS84")
    return plane.metres(place.lon, place.lat)


def _step(reach: float) -> float:
    """Metres between grid lines: 1, 2 or 5 times a power of ten; four to ten cells across."""
    power: float = 10.0 ** int(log10(reach / 2))
    return next(power * n for n in (5, 2, 1, 0.5) if power * n <= reach / 2)


def _grid(reach: float, scale: float) -> list[str]:
    step = _step(reach)
    lines = range(-int(reach / step), int(reach / step) + 1)
    ends = f"{_HALF:g}"
    drawn = [
        f'<path class="grid" d="M{at:.2f} -{ends}V{ends}M-{ends} {at:.2f}H{ends}"/>'
        for at in (n * step * scale for n in lines)
    ]
    bar = step * scale
    return [
        *drawn,
        f'<path class="bar" d="M-46 44v2h{bar:.2f}v-2"/>',
        f'<text x="-46" y="42">{step:g} m</text>',
        '<path class="north" d="M43 -36V-46M40.5 -42L43 -46L45.5 -42"/>',
        '<text x="43" y="-30" class="mid">北 N</text>',
    ]


def _circle(radius: float) -> str:
    return f'<circle class="error" r="{radius:.2f}"/>' if radius else ""


def _camera(x: float, y: float) -> str:
    return (
        f'<path class="sight" d="M{x:.2f} {y:.2f}L0 0"/>'
        f'<path class="camera" d="M{x:.2f} {y - 3:.2f}l2.8 5h-5.6z"/>'
    )

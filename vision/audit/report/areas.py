"""Areas: the parts of a town that a report counts by, given as polygons or else a fixed lattice."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, floor, isfinite, radians
from pathlib import Path
from typing import Any, Self

from shapely import Point

from vision.audit.place import Place
from vision.geo.errors import PlaceError
from vision.geo.geojson import Outline, read_polygons

CELL_M = 250.0
"""Side of a lattice's cell, metres (ours): some blocks of houses, as far as one patrol sees."""
_LAT_STEP = CELL_M / 111_320.0  # metres of a degree of latitude, to a percent everywhere
_LAST_ROW_LAT = 85.0
_NAMES = ("name", "name_zh", "NAME", "名称", "id")


@dataclass(frozen=True, slots=True)
class Areas:
    """Names for places: a site's own areas, or the cells of a lattice over the whole earth.

    A cell is named by its middle, latitude first, and is the same in every audit.
    """

    outlines: tuple[tuple[str, Outline], ...] = ()

    @classmethod
    def read(cls, path: Path) -> Self:
        """From GeoJSON polygons, each with a `name`.

        Raises:
            PlaceError: it cannot be read; each mistake is named with its feature.
        """
        return cls(tuple(read_polygons(path, "areas", _name)))

    def of(self, place: Place | None) -> str:
        """The area that a place lies in; "" where it has none or lies outside all of them.

        A place that is where a camera stood counts as well: its thing is near by.
        """
        if place is None or not isfinite(place.lon + place.lat):
            return ""
        if self.outlines:
            here = Point(place.lon, place.lat)
            return next((name for name, outline in self.outlines if outline.covers(here)), "")
        west, south, east, north = cell(place.lon, place.lat)
        return f"{(south + north) / 2:.4f}, {(west + east) / 2:.4f}"


EVERYWHERE = Areas()
"""The lattice."""


def cell(lon: float, lat: float) -> tuple[float, float, float, float]:
    """West, south, east and north, degrees, of the lattice's cell that a place lies in."""
    row = floor(lat / _LAT_STEP)
    middle = (row + 0.5) * _LAT_STEP
    step = _LAT_STEP / cos(radians(max(-_LAST_ROW_LAT, min(_LAST_ROW_LAT, middle))))
    column = floor(lon / step)
    return column * step, row * _LAT_STEP, (column + 1) * step, (row + 1) * _LAT_STEP


def _name(properties: dict[str, Any], number: int) -> str:
    for key in _NAMES:
        if str(properties.get(key) or "").strip():
            return str(properties[key]).strip()
    raise PlaceError(f"has no name; give feature {number} a property `name`")

"""UnitGrid: which cell of a city's unit grid (单元网格) a place lies in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapely import Point, STRtree

from vision.geo.errors import PlaceError
from vision.geo.geojson import read_polygons
from vision.geo.position import Position
from vision.mistakes.wrong import wrong

_CODE = re.compile(r"[0-9A-Za-z]{15}")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the unit grid: its 15-character code, and who answers for it where the file says.

    The department is empty where the file names none.
    """

    code: str
    department_code: str = ""
    department_name: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class UnitGrid:
    """The cells of one file, searchable by place. Made by `load`."""

    cells: tuple[Cell, ...]
    tree: STRtree

    @classmethod
    def load(cls, path: Path) -> UnitGrid:
        """Read a GeoJSON FeatureCollection (RFC 7946: longitude, latitude, WGS 84 or CGCS2000).

        Each feature is a Polygon or MultiPolygon with the property `code`, and perhaps
        `department_code` and `department_name`.

        Raises:
            PlaceError: the file cannot be read, or has mistakes; it lists them by feature, counted
                from 1.
        """
        first: dict[str, int] = {}
        found = read_polygons(path, "unit grid", lambda facts, number: _cell(facts, number, first))
        return cls(tuple(cell for cell, _ in found), STRtree([outline for _, outline in found]))

    def cell(self, position: Position) -> Cell | None:
        """The cell that a place lies in; None outside all, for the nearest is not guessed.

        On a shared edge, and where cells overlap, the cell that the file names first.
        """
        place = position.to("WGS84")
        found = self.tree.query(Point(place.lon, place.lat), predicate="intersects")
        return self.cells[int(found.min())] if len(found) else None


def _cell(properties: dict[str, Any], number: int, first: dict[str, int]) -> Cell:
    """The feature's cell; `first` has the number of the feature that uses a code already."""
    if not properties:
        raise PlaceError(wrong("cell_without_code"))
    code = str(properties.get("code", ""))
    if not _CODE.fullmatch(code):
        raise PlaceError(wrong("cell_code", code=code))
    if code in first:
        raise PlaceError(wrong("cell_twice", code=code, first=first[code]))
    first[code] = number
    return Cell(
        code,
        str(properties.get("department_code") or ""),
        str(properties.get("department_name") or ""),
    )

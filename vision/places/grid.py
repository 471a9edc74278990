"""UnitGrid: which cell of a city's unit grid (单元网格) a place lies in."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapely import MultiPolygon, Point, Polygon, STRtree, is_valid_reason
from shapely.errors import ShapelyError
from shapely.geometry import shape

from vision.places.errors import PlaceError
from vision.places.position import Position

_CODE = re.compile(r"[0-9A-Za-z]{15}")
_SHOWN = 10
"""Mistakes listed before the rest is only counted."""


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
        features = _features(path)
        cells: list[Cell] = []
        outlines: list[Polygon | MultiPolygon] = []
        mistakes: list[str] = []
        first: dict[str, int] = {}
        for number, feature in enumerate(features, start=1):
            try:
                cell, outline = _cell(feature, first), _outline(feature)
            except PlaceError as error:
                mistakes.append(f"{path}: feature {number}: {error}")
                continue
            first[cell.code] = number
            cells.append(cell)
            outlines.append(outline)
        if mistakes:
            more = len(mistakes) - _SHOWN
            rest = [f"{path}: and {more} more"] if more > 0 else []
            raise PlaceError("\n".join(mistakes[:_SHOWN] + rest))
        return cls(tuple(cells), STRtree(outlines))

    def cell(self, position: Position) -> Cell | None:
        """The cell that a place lies in; None outside all, for the nearest is not guessed.

        On a shared edge, and where cells overlap, the cell that the file names first.
        """
        place = position.to("WGS84")
        found = self.tree.query(Point(place.lon, place.lat), predicate="intersects")
        return self.cells[int(found.min())] if len(found) else None


def _features(path: Path) -> list[Any]:
    try:
        tree = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise PlaceError(
            f"{path}: cannot read the unit grid ({error.strerror}); give the path of a GeoJSON file"
        ) from error
    except UnicodeDecodeError as error:
        raise PlaceError(f"{path}: is not UTF-8 text; export the unit grid as UTF-8") from error
    except ValueError as error:
        raise PlaceError(f"{path}: is not JSON ({error}); export the grid as GeoJSON") from error
    features = tree.get("features") if isinstance(tree, dict) else None
    if not isinstance(features, list) or not features:
        raise PlaceError(f"{path}: has no features; export the grid as a FeatureCollection")
    return features


def _cell(feature: Any, first: dict[str, int]) -> Cell:
    """The feature's cell; `first` has the number of the feature that uses a code already."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        raise PlaceError("has no properties; give it at least a code")
    code = str(properties.get("code", ""))
    if not _CODE.fullmatch(code):
        raise PlaceError(f"code {code!r} is no unit-grid code; it has 15 letters and digits")
    if code in first:
        raise PlaceError(
            f"code {code} is feature {first[code]}'s already; make one MultiPolygon of the two, or"
            " correct the code"
        )
    return Cell(
        code,
        str(properties.get("department_code") or ""),
        str(properties.get("department_name") or ""),
    )


def _outline(feature: dict[str, Any]) -> Polygon | MultiPolygon:
    try:
        outline = shape(feature["geometry"])
    except (ShapelyError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise PlaceError(f"its geometry does not read ({error}); export it again") from error
    if not isinstance(outline, Polygon | MultiPolygon) or outline.is_empty:
        what = "empty" if outline.is_empty else f"a {outline.geom_type}"
        raise PlaceError(f"is {what}, not a polygon; leave it out or draw it again")
    west, south, east, north = outline.bounds
    if not (west >= -180 and south >= -90 and east <= 180 and north <= 90):
        raise PlaceError(
            f"reaches from {west:g}, {south:g} to {east:g}, {north:g}, which are no degrees; export"
            " it in CGCS2000 (EPSG:4490) or WGS 84 (EPSG:4326) longitude and latitude"
        )
    if not outline.is_valid:
        raise PlaceError(f"is no proper polygon: {is_valid_reason(outline)}; repair it there")
    return outline

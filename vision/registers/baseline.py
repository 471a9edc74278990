"""Baseline: the known structures on a day, from GeoJSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from shapely import Polygon

from vision.geo.errors import PlaceError
from vision.geo.geojson import Outline, read_polygons
from vision.geo.ground import Ground
from vision.mistakes.wrong import wrong

Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 as fractions of the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """Outlines on the map of what stood there. Made by `load`.

    Attributes:
        as_of: the latest day on which any of them was known.
        outlines: in WGS 84 degrees.
    """

    as_of: date
    outlines: tuple[Outline, ...]

    @classmethod
    def load(cls, path: Path) -> Baseline:
        """Read a GeoJSON FeatureCollection of polygons, each with `as_of`, the day it was known.

        Raises:
            PlaceError: the file cannot be read, or has mistakes; it lists them by feature.
        """
        found = read_polygons(path, "baseline", _as_of)
        return cls(max(day for day, _ in found), tuple(outline for _, outline in found))

    def boxes(self, ground: Ground) -> list[Box]:
        """Hulls of the structures in a camera's picture, those that it shows at least in part.

        Outlines are of the ground: seen from the side, a building stands up out of its own.
        """
        hulls = []
        for outline in self.outlines:
            parts = [outline] if isinstance(outline, Polygon) else list(outline.geoms)
            corners = [ground.picture(*place) for part in parts for place in part.exterior.coords]
            seen = [corner for corner in corners if corner is not None]
            if len(seen) < len(corners):
                continue  # partly behind the camera: it has no hull
            x1, x2 = (pick(u for u, _ in seen) for pick in (min, max))
            y1, y2 = (pick(v for _, v in seen) for pick in (min, max))
            if x1 < 1 and y1 < 1 and x2 > 0 and y2 > 0:
                hulls.append((max(x1, 0.0), max(y1, 0.0), min(x2, 1.0), min(y2, 1.0)))
        return hulls


def _as_of(properties: dict[str, Any], _number: int) -> date:
    try:
        return date.fromisoformat(str(properties["as_of"]))
    except (KeyError, ValueError):
        raise PlaceError(wrong("feature_as_of", given=repr(properties.get("as_of")))) from None

"""Drawing: a map's background from GeoJSON, as lines, areas and points to be drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shapely.errors import ShapelyError
from shapely.geometry import shape

from vision.geo.errors import PlaceError
from vision.geo.geojson import check_degrees, features, of_feature, properties
from vision.mistakes.wrong import wrong

MOST_BYTES = 4 * 2**20
"""Each person's browser loads it: a district's streets have some 2 MB."""
KINDS = ("road", "lane", "rail", "water", "green", "building", "border")
_LONGEST_NAME = 100


def read_drawing(path: Path) -> dict[str, Any]:
    """Read a FeatureCollection (RFC 7946: longitude, latitude, WGS 84 or CGCS2000) to draw.

    Returns:
        A FeatureCollection whose features have of their properties only `kind`, one of `KINDS`, and
        `name`, where they have them.

    Raises:
        PlaceError: the file cannot be read, is larger than `MOST_BYTES`, or a feature cannot be
            drawn; features are counted from 1.
    """
    drawn = []
    for number, feature in enumerate(features(path, "background", MOST_BYTES), start=1):
        try:
            drawn.append(_drawn(feature))
        except PlaceError as error:
            raise PlaceError(of_feature(error, path, number)) from error
    return {"type": "FeatureCollection", "features": drawn}


def _drawn(feature: Any) -> dict[str, Any]:
    try:
        outline = shape(feature["geometry"])
        bounds = outline.bounds
    except (ShapelyError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise PlaceError(wrong("feature_geometry", why=str(error))) from error
    if outline.is_empty:
        raise PlaceError(wrong("feature_empty"))
    check_degrees(bounds)
    given = properties(feature)
    said = {}
    if given.get("kind") in KINDS:
        said["kind"] = given["kind"]
    if isinstance(given.get("name"), str):
        said["name"] = given["name"][:_LONGEST_NAME]
    return {"type": "Feature", "properties": said, "geometry": feature["geometry"]}

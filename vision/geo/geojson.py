"""GeoJSON: reads polygons from a file; each mistake is reported with its feature."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from shapely import MultiPolygon, Polygon, is_valid_reason
from shapely.errors import ShapelyError
from shapely.geometry import shape

from vision.files import read_file
from vision.geo.errors import PlaceError
from vision.mistakes.wrong import said_of, wrong
from vision.sentence import Said

Outline = Polygon | MultiPolygon
Read = TypeVar("Read")
_MOST_BYTES = 512 * 2**20  # a city's unit grid has some tens of MB
_SHOWN = 10
"""Mistakes listed before the rest is only counted."""


def read_polygons(
    path: Path, what: str, describe: Callable[[dict[str, Any], int], Read]
) -> list[tuple[Read, Outline]]:
    """Read a FeatureCollection (RFC 7946: longitude, latitude, WGS 84 or CGCS2000).

    Args:
        path: where it is.
        what: what it is called in messages, for example "unit grid".
        describe: makes what is wanted of a feature's properties and its number, counted from 1;
            raises PlaceError where it cannot.

    Raises:
        PlaceError: the file cannot be read, or has mistakes; it lists them by feature.
    """
    found: list[tuple[Read, Outline]] = []
    mistakes: list[Said] = []
    for number, feature in enumerate(features(path, what, _MOST_BYTES), start=1):
        try:
            found.append((describe(properties(feature), number), _outline(feature)))
        except PlaceError as error:
            mistakes.append(of_feature(error, path, number))
    if mistakes:
        more = len(mistakes) - _SHOWN
        rest = [f"{path}: and {more} more"] if more > 0 else []
        first = mistakes[0]
        said = "\n".join([*mistakes[:_SHOWN], *rest])
        raise PlaceError(Said(said, first.code, first.params))
    return found


def of_feature(error: PlaceError, path: Path, number: int) -> Said:
    """What is wrong with a feature, with its file and number (from 1)."""
    said = said_of(error)
    params = {**said.params, "feature": number}
    return Said(f"{path}: feature {number}: {said}", said.code, params)


def features(path: Path, what: str, most: int) -> list[Any]:
    """The features of a file of at most `most` bytes, as they stand there.

    Raises:
        PlaceError: it cannot be read, or has none.
    """
    try:
        tree = json.loads(read_file(path, most).decode("utf-8-sig"))
    except OSError as error:
        raise PlaceError(
            wrong("geojson_unreadable", path=str(path), what=what, why=error.strerror)
        ) from error
    except UnicodeDecodeError as error:
        raise PlaceError(wrong("geojson_not_utf8", path=str(path), what=what)) from error
    except (ValueError, RecursionError) as error:
        raise PlaceError(
            wrong("geojson_not_json", path=str(path), what=what, why=str(error))
        ) from error
    features = tree.get("features") if isinstance(tree, dict) else None
    if not isinstance(features, list) or not features:
        raise PlaceError(wrong("geojson_empty", path=str(path), what=what))
    return features


def properties(feature: Any) -> dict[str, Any]:
    """What a feature says of itself; nothing where it says nothing that reads."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    return properties if isinstance(properties, dict) else {}


def _outline(feature: dict[str, Any]) -> Polygon | MultiPolygon:
    try:
        outline = shape(feature["geometry"])
    except (ShapelyError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise PlaceError(wrong("feature_geometry", why=str(error))) from error
    if not isinstance(outline, Polygon | MultiPolygon) or outline.is_empty:
        if outline.is_empty:
            raise PlaceError(wrong("feature_empty"))
        raise PlaceError(wrong("feature_no_polygon", type=outline.geom_type))
    check_degrees(outline.bounds)
    if not outline.is_valid:
        raise PlaceError(wrong("feature_outline", why=is_valid_reason(outline)))
    return outline


def check_degrees(bounds: tuple[float, float, float, float]) -> None:
    """Refuse what lies, from west and south to east and north, where there are no degrees.

    Raises:
        PlaceError: it does.
    """
    west, south, east, north = bounds
    if not (west >= -180 and south >= -90 and east <= 180 and north <= 90):
        raise PlaceError(
            wrong(
                "feature_degrees",
                west=f"{west:g}",
                south=f"{south:g}",
                east=f"{east:g}",
                north=f"{north:g}",
            )
        )

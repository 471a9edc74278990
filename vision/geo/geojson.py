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
    mistakes: list[str] = []
    for number, feature in enumerate(features(path, what, _MOST_BYTES), start=1):
        try:
            found.append((describe(properties(feature), number), _outline(feature)))
        except PlaceError as error:
            mistakes.append(f"{path}: feature {number}: {error}")
    if mistakes:
        more = len(mistakes) - _SHOWN
        rest = [f"{path}: and {more} more"] if more > 0 else []
        raise PlaceError("\n".join(mistakes[:_SHOWN] + rest))
    return found


def features(path: Path, what: str, most: int) -> list[Any]:
    """The features of a file of at most `most` bytes, as they stand there.

    Raises:
        PlaceError: it cannot be read, or has none.
    """
    try:
        tree = json.loads(read_file(path, most).decode("utf-8-sig"))
    except OSError as error:
        raise PlaceError(
            f"{path}: cannot read the {what} ({error.strerror}); give the path of a GeoJSON file"
        ) from error
    except UnicodeDecodeError as error:
        raise PlaceError(f"{path}: is not UTF-8 text; export the {what} as UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise PlaceError(f"{path}: is not JSON ({error}); export the {what} as GeoJSON") from error
    features = tree.get("features") if isinstance(tree, dict) else None
    if not isinstance(features, list) or not features:
        raise PlaceError(f"{path}: has no features; export the {what} as a FeatureCollection")
    return features


def properties(feature: Any) -> dict[str, Any]:
    """What a feature says of itself; nothing where it says nothing that reads."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    return properties if isinstance(properties, dict) else {}


def _outline(feature: dict[str, Any]) -> Polygon | MultiPolygon:
    try:
        outline = shape(feature["geometry"])
    except (ShapelyError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise PlaceError(f"its geometry does not read ({error}); export it again") from error
    if not isinstance(outline, Polygon | MultiPolygon) or outline.is_empty:
        what = "empty" if outline.is_empty else f"a {outline.geom_type}"
        raise PlaceError(f"is {what}, not a polygon; leave it out or draw it again")
    check_degrees(outline.bounds)
    if not outline.is_valid:
        raise PlaceError(f"is no proper polygon: {is_valid_reason(outline)}; repair it there")
    return outline


def check_degrees(bounds: tuple[float, float, float, float]) -> None:
    """Refuse what lies, from west and south to east and north, where there are no degrees.

    Raises:
        PlaceError: it does.
    """
    west, south, east, north = bounds
    if not (west >= -180 and south >= -90 and east <= 180 and north <= 90):
        raise PlaceError(
            f"reaches from {west:g}, {south:g} to {east:g}, {north:g}, which are no degrees; export"
            " it in CGCS2000 (EPSG:4490) or WGS 84 (EPSG:4326) longitude and latitude"
        )

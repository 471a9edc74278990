"""Assets: what the city has registered where it stands, as a bin that a work order is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import shapely
from pydantic import Field, model_validator

from vision.fields import KindName, Part, Polygon
from vision.places.permits import Degrees
from vision.places.plane import LocalPlane
from vision.places.position import Position

# Share of an asset's outline in the picture that a thing covers, to be at it.
_COVERS = 0.5
# A register's own positions are good to so many metres at best.
_LEAST_M = 3.0
# So many times nearer than any other asset must the nearest be: else nobody can tell which it is.
_PLAINLY = 2.0


class Asset(Part):
    """A thing of the city's register, and the kinds of violation that are about it.

    It is drawn in the picture of a camera (`camera`, `polygon`, and `preset` where it has any), as
    it is seen there, or has its place on the map (`at_wgs84`: longitude and latitude in WGS 84
    degrees) for every camera whose `ground` is known and every drone that tells its pose. An asset
    that several cameras see is listed once for each.
    """

    id: Annotated[str, Field(min_length=1, max_length=64)]
    name: str = ""
    kinds: Annotated[tuple[KindName, ...], Field(min_length=1)] = ("overflowing_bin",)
    camera: str | None = None
    preset: str | None = None
    polygon: Polygon | None = None
    at_wgs84: Degrees | None = None

    @model_validator(mode="after")
    def _is_somewhere(self) -> Asset:
        in_picture = self.polygon is not None and self.camera is not None
        if in_picture == (self.at_wgs84 is not None):
            raise ValueError(
                f"asset {self.id!r} is nowhere, or twice: give either `camera` and `polygon` "
                "(fractions of its picture) or `at_wgs84` (longitude, latitude)"
            )
        return self


class AssetRegister:
    """The assets that violations of one kind, seen by one camera, may be about.

    Args:
        assets: of the whole site.
        kind: of the violation.
        camera: its id.
        preset: the one at which it stands, of a camera that has any.
    """

    def __init__(
        self, assets: Sequence[Asset], *, kind: str, camera: str, preset: str | None
    ) -> None:
        about = [asset for asset in assets if kind in asset.kinds]
        self._drawn = [
            (asset, shapely.Polygon(asset.polygon))
            for asset in about
            if asset.polygon is not None and (asset.camera, asset.preset) == (camera, preset)
        ]
        self._placed = [(asset, asset.at_wgs84) for asset in about if asset.at_wgs84 is not None]

    def at(self, box: tuple[float, float, float, float], where: Position | None) -> Asset | None:
        """The asset at which something is seen; None where there is none or it cannot be told.

        Args:
            box: x1, y1, x2, y2, normalised.
            where: the same on the map, where that is known.
        """
        covered = [
            (outline.intersection(shapely.box(*box)).area / outline.area, asset)
            for asset, outline in self._drawn
        ]
        share, drawn = max(covered, key=lambda pair: pair[0], default=(0.0, None))
        if share >= _COVERS:
            return drawn
        return self._nearest(where.to("WGS84")) if where is not None and self._placed else None

    def _nearest(self, where: Position) -> Asset | None:
        plane = LocalPlane(where.lon, where.lat)
        away = [
            (shapely.Point(plane.metres(*place)).distance(shapely.Point(0, 0)), asset)
            for asset, place in self._placed
        ]
        (metres, nearest), *others = sorted(away, key=lambda pair: pair[0])
        plain = all(other >= _PLAINLY * metres for other, _ in others[:1])
        return nearest if metres <= max(_LEAST_M, where.accuracy_m or 0.0) and plain else None

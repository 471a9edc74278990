"""Assets: the city's register of assets, such as bins, with their places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import shapely
from pydantic import Field, model_validator

from vision.fields import KindName, Part, Polygon
from vision.geo.plane import degree_lengths
from vision.geo.position import Position
from vision.mistakes.wrong import wrong
from vision.registers.permits import Degrees

# Share of an asset's outline in the picture that a thing covers, to be at it.
_COVERS = 0.5
# Maximum distance from an asset's registered place, however poor the position.
_REACH_M = 5.0
_SPECK = 1e-6  # of the picture: a pixel or two


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
        drawn = self.polygon is not None or self.camera is not None or self.preset is not None
        whole = self.polygon is not None and self.camera is not None
        if drawn == (self.at_wgs84 is not None) or drawn != whole:
            raise ValueError(wrong("asset_nowhere", asset=self.id))
        outline = shapely.Polygon(self.polygon or ())
        if self.polygon is not None and not (outline.is_valid and outline.area > _SPECK):
            raise ValueError(wrong("asset_outline", asset=self.id))
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
        placed = [asset for asset in about if asset.at_wgs84 is not None]
        self._placed = placed
        self._degrees = np.array([a.at_wgs84 for a in placed], np.float64).reshape(-1, 2)

    def at(self, box: tuple[float, float, float, float], where: Position | None) -> Asset | None:
        """Return the asset at a box or position; None if there is none or it is ambiguous.

        Args:
            box: x1, y1, x2, y2, normalised.
            where: the same on the map, where that is known.
        """
        if not self._drawn and (where is None or not self._placed):
            return None
        seen = shapely.box(*box)
        covered = [
            asset
            for asset, outline in self._drawn
            if outline.intersection(seen).area >= _COVERS * outline.area
        ]
        if covered:
            return covered[0] if len(covered) == 1 else None
        return self._nearest(where.to("WGS84")) if where is not None else None

    def _nearest(self, where: Position) -> Asset | None:
        """Return the nearest asset, unless within the position's error another may be nearer."""
        if where.accuracy_m is None or not self._placed:
            return None
        offset = (self._degrees - (where.lon, where.lat)) * degree_lengths(where.lat)
        metres = np.hypot(offset[:, 0], offset[:, 1])
        nearest, *others = np.argsort(metres)[:2].tolist()
        doubt = metres[nearest] + 2 * where.accuracy_m
        clear = metres[nearest] <= _REACH_M and all(metres[n] > doubt for n in others)
        return self._placed[nearest] if clear else None

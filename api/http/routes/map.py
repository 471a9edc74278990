"""`/v1/map`: what the map of the console shows behind the cases, and where the cameras stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.access.visible import visible_cameras
from api.http.context import Reader, Shared
from api.http.problems import GUARDED, described
from vision.errors import StreetwardenError
from vision.geo.coordinates import convert
from vision.geo.drawing import read_drawing

router = APIRouter(prefix="/v1", tags=["site"], responses=described(*GUARDED))


class CameraPlace(BaseModel):
    """Where a camera stands: degrees, WGS 84."""

    id: str
    lon: float
    lat: float
    address: str


class MapView(BaseModel):
    """A map's parts.

    `background` is a GeoJSON FeatureCollection, of whose features `kind` (`road`, `lane`, `rail`,
    `water`, `green`, `building`, `border`) and `name` are told. Null: the site file names none, or
    it cannot be read now.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "background": {
                        "type": "FeatureCollection",
                        "features": [
                            {
                                "type": "Feature",
                                "properties": {"kind": "road", "name": "解放路"},
                                "geometry": {
                                    "type": "LineString",
                                    "coordinates": [[113.37, 31.71], [113.39, 31.72]],
                                },
                            }
                        ],
                    },
                    "tiles": None,
                    "attribution": "",
                    "cameras": [
                        {"id": "market-gate", "lon": 113.38, "lat": 31.71, "address": "解放路12号"}
                    ],
                }
            ]
        }
    )

    background: dict[str, Any] | None
    tiles: str | None = Field(description="Address of map tiles, with `{z}`, `{x}` and `{y}`.")
    attribution: str
    cameras: list[CameraPlace]


@router.get("/map", operation_id="getMap")
def get_map(shared: Shared, who: Reader) -> MapView:
    """Get the map's background, and the cameras that have a place and that the key sees."""
    drawn = shared.site.console.map
    cameras = []
    for camera in visible_cameras(shared.site, who):
        if camera.place is not None:
            place = camera.place
            lon, lat = convert(place.lon, place.lat, place.crs, "WGS84")
            cameras.append(CameraPlace(id=camera.id, lon=lon, lat=lat, address=place.address))
    return MapView(
        background=_background(drawn.background),
        tiles=drawn.tiles,
        attribution=drawn.attribution,
        cameras=cameras,
    )


def _background(path: str | None) -> dict[str, Any] | None:
    """It was checked with the site file; a map without it still shows what it is for."""
    try:
        return read_drawing(Path(path)) if path is not None else None
    except StreetwardenError:
        return None

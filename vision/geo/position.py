"""Position: a place on the map that knows its coordinate system, accuracy and origin."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import Literal

from vision.geo.coordinates import Crs, convert
from vision.geo.ellipse import Ellipse
from vision.geo.errors import PlaceError

Method = Literal["camera_registered", "homography", "drone_pose", "gps_track", "manual"]


@dataclass(frozen=True, slots=True)
class Position:
    """A place. Its system travels with it, so that nobody converts it twice.

    Attributes:
        lon, lat: degrees, in the system that `crs` names.
        crs: WGS84, CGCS2000, GCJ02 or BD09.
        accuracy_m: radius in metres that holds the true place with a probability of 95 %; None
            where nobody knows.
        method: what it was worked out from.
        ellipse: the same uncertainty by direction, where it is known.

    Raises:
        PlaceError: no such place, or an accuracy that is no distance.
    """

    lon: float
    lat: float
    crs: Crs
    accuracy_m: float | None
    method: Method
    ellipse: Ellipse | None = None

    def __post_init__(self) -> None:
        if not (abs(self.lon) <= 180 and abs(self.lat) <= 90):
            raise PlaceError(
                f"longitude {self.lon}, latitude {self.lat} is no place; longitude goes from -180"
                " to 180, latitude from -90 to 90 degrees; check that they are not swapped"
            )
        if self.accuracy_m is not None and not 0 <= self.accuracy_m < inf:
            raise PlaceError(f"an accuracy of {self.accuracy_m} m is no distance; give metres")

    def to(self, crs: Crs) -> Position:
        """The same place in another system; itself where it is in that one already.

        The conversion's own error (see `coordinates`) stays below a metre and is not added.
        """
        lon, lat = convert(self.lon, self.lat, self.crs, crs)
        return replace(self, lon=lon, lat=lat, crs=crs)

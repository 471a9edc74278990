"""CarriedPose: a camera that a car or a person carries, of which satellites tell where it is.

Which way it looks nobody tells: a receiver's course is that of the way and not of the lens. So what
it sees is somewhere around it, no farther than a stated distance.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np

from vision.geo.ellipse import Ellipse
from vision.geo.errors import PlaceError
from vision.geo.plane import LocalPlane
from vision.geo.position import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedPose:
    """Where a carried camera is.

    Attributes:
        lon, lat: WGS 84, degrees.
        position_m: standard deviation along each axis, metres, its age included.
        viewing_m: farthest that something it sees may be, metres.

    Raises:
        PlaceError: a value that no pose can have.
    """

    lon: float
    lat: float
    position_m: float
    viewing_m: float

    def __post_init__(self) -> None:
        LocalPlane(self.lon, self.lat)  # which says what is wrong with the place
        for name in ("position_m", "viewing_m"):
            value = getattr(self, name)
            if not (isfinite(value) and value >= 0):
                raise PlaceError(f"{name} of {value} is no distance; give metres, zero or more")

    def position(self, u: float, v: float) -> Position:  # noqa: ARG002 - as other poses
        """Where something in the picture is: at the camera, with its error and how far it sees."""
        own = Ellipse.of(np.eye(2) * self.position_m**2).major_m
        reach = own + self.viewing_m
        around = Ellipse(reach, reach, 0.0)
        return Position(self.lon, self.lat, "WGS84", reach, "gps_track", around)

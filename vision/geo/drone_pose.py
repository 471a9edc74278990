"""DronePose: georeferences a drone's picture from position and gimbal angles, with its error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import atan2, cos, degrees, hypot, isfinite, radians, sin, tan

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict

from vision.geo.ellipse import PICTURE_DEVIATION, Ellipse
from vision.geo.errors import NoGround, PlaceError
from vision.geo.plane import LocalPlane
from vision.geo.position import Position

Vector = NDArray[np.float64]

_LEAST_DEPRESSION = 5.0
"""Degrees below level. Along a flatter ray any bump hides the ground that it aims at."""
_LEAST_DEVIATIONS = 8.0
"""A ray must also point down by this many of its own standard deviations, or the error is no
longer an ellipse: the far side of it stretches faster than the near side."""
_STEP = 1e-4
"""To each side for the numerical derivative: metres, degrees, fractions of the picture."""
_NOT_OFF = np.zeros(7)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoseDeviations:
    """Standard deviations of a pose, independent of each other.

    The values shipped are ours, for a drone without RTK: satellite positions good to metres (what
    DJI's manuals call single point positioning), a barometer's drift over a flight, a compass near
    steel, and ground that is not quite where a map has it. A survey states its own.

    Attributes:
        position_m: of the position, along each axis, metres.
        altitude_m: of `altitude_m`, metres.
        terrain_m: of `terrain_m`, metres; how uneven the ground is.
        yaw: of the heading, degrees.
        pitch, roll: of the level along and across the heading, degrees. (DJI's roll turns about
            the optical axis, and so tells nothing of the level when looking straight down.)
        picture: of a point in the picture, as a fraction of it.
        fov: of the field of view, degrees.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    position_m: float = 2.0
    altitude_m: float = 1.5
    terrain_m: float = 1.0
    yaw: float = 2.0
    pitch: float = 0.5
    roll: float = 0.5
    picture: float = PICTURE_DEVIATION
    fov: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (isfinite(value) and value >= 0):
                raise PlaceError(
                    f"a standard deviation {field.name} of {value} is none; give zero or more"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class DronePose:
    """A camera in the air, looking at level ground; no lens distortion.

    Angles are DJI's GimbalYawDegree, GimbalPitchDegree and GimbalRollDegree: the camera's own
    attitude in north-east-down axes, turned in the order yaw, pitch, roll (Mavic 3E/3T user
    manual, 2022, photo file fields). A `fov` that is wrong by more than its deviation (a cropped
    picture) is an error that the ellipse does not know of.

    Attributes:
        lon, lat: of the lens, WGS 84, degrees.
        altitude_m: of the lens, metres above the zero that `terrain_m` is counted from.
        terrain_m: height of the ground looked at; left at 0, `altitude_m` is the height above it.
        yaw: degrees clockwise from north.
        pitch: degrees; 0 is level, -90 straight down.
        roll: degrees; positive where the picture's right side dips.
        fov: horizontal field of view, degrees.
        width, height: of the picture, pixels.
        deviations: how far off the above may be.

    Raises:
        PlaceError: a value that no pose can have.
    """

    lon: float
    lat: float
    altitude_m: float
    terrain_m: float = 0.0
    yaw: float
    pitch: float
    roll: float = 0.0
    fov: float
    width: int
    height: int
    deviations: PoseDeviations = PoseDeviations()

    def __post_init__(self) -> None:
        if not self.altitude_m > self.terrain_m:
            raise PlaceError(
                f"the drone is at {self.altitude_m} m and the ground at {self.terrain_m} m; give"
                " both above the same zero (a height above the take-off point is not one above sea)"
            )
        if not (0 < self.fov < 180 and self.width > 0 and self.height > 0):
            raise PlaceError(
                f"a picture of {self.width}×{self.height} pixels and {self.fov} degrees is none;"
                " give its size and its horizontal field of view between 0 and 180 degrees"
            )
        numbers = (self.altitude_m, self.terrain_m, self.yaw, self.pitch, self.roll)
        if not all(isfinite(number) for number in numbers):
            raise PlaceError("the pose has an angle or height that is no number; leave it out")

    def position(self, u: float, v: float) -> Position:
        """The ground at a point of the picture, in fractions of its width and height.

        The error is propagated to first order from `deviations` (Hartley and Zisserman, Multiple
        View Geometry, 2nd ed., section 5.2.4).

        Returns:
            A WGS 84 position with its 95 % ellipse; `accuracy_m` is the ellipse's longer semi-axis.

        Raises:
            NoGround: the ray is level, points up, or is too flat to tell where it lands.
        """
        sd = self.deviations
        least = max(_LEAST_DEPRESSION, _LEAST_DEVIATIONS * hypot(sd.pitch, sd.roll))
        north, east, down = self._ray(u, v, _NOT_OFF)
        depression = degrees(atan2(down, hypot(north, east)))
        if not depression >= least:
            raise NoGround(
                f"the point ({u:.3f}, {v:.3f}) is seen {depression:.1f} degrees below level; from"
                f" {least:.1f} degrees on its place on the ground can be told; look further down"
            )
        steps = np.eye(7) * _STEP
        jacobian = np.column_stack(
            [(self._landing(u, v, s) - self._landing(u, v, -s)) / (2 * _STEP) for s in steps]
        )
        height = hypot(sd.altitude_m, sd.terrain_m)
        deviations = np.array((height, sd.yaw, sd.roll, sd.pitch, sd.picture, sd.picture, sd.fov))
        parts = jacobian * deviations
        ellipse = Ellipse.of(parts @ parts.T + np.eye(2) * sd.position_m**2)
        lon, lat = LocalPlane(self.lon, self.lat).degrees(*self._landing(u, v, _NOT_OFF).tolist())
        return Position(lon, lat, "WGS84", ellipse.major_m, "drone_pose", ellipse)

    def picture(self, lon: float, lat: float) -> tuple[float, float] | None:
        """Where the ground at a place (WGS 84, degrees) lies in the picture, as fractions of it.

        May lie outside the picture, of which fractions run from 0 to 1; None behind the camera.
        """
        ((right, down, ahead),) = self.seen_along([LocalPlane(self.lon, self.lat).metres(lon, lat)])
        if ahead <= 0:
            return None
        focal = self.width / 2 / tan(radians(self.fov / 2))
        return 0.5 + right / ahead * focal / self.width, 0.5 + down / ahead * focal / self.height

    def seen_along(self, places: Sequence[tuple[float, float]]) -> list[tuple[float, float, float]]:
        """Metres to the right, down and ahead of the lens of places on the ground.

        Args:
            places: metres east and north of below the lens.
        """
        height, found = self.altitude_m - self.terrain_m, []
        for east, north in places:
            ahead, right = _turned(north, east, -self.yaw)
            down, ahead = _turned(height, ahead, -self.pitch)
            right, down = _turned(right, down, -self.roll)
            found.append((right, down, ahead))
        return found

    def _landing(self, u: float, v: float, off: Vector) -> Vector:
        """Metres east and north from below the lens to where the ray meets the ground.

        Args:
            off: what the pose and the point are off by: height, yaw, level across the heading,
                pitch, u, v, field of view.
        """
        north, east, down = self._ray(u, v, off)
        reach = (self.altitude_m - self.terrain_m + float(off[0])) / down
        return np.array((east * reach, north * reach))

    def _ray(self, u: float, v: float, off: Vector) -> tuple[float, float, float]:
        """North, east and down of the ray through a point of the picture."""
        _, yaw, level, pitch, right_of, below, wider = off.tolist()
        focal = self.width / 2 / tan(radians((self.fov + wider) / 2))
        right = (u + right_of - 0.5) * self.width / focal
        down = (v + below - 0.5) * self.height / focal
        right, down = _turned(right, down, self.roll)
        down, ahead = _turned(down, 1.0, self.pitch + pitch)
        right, down = _turned(right, down, level)
        north, east = _turned(ahead, right, self.yaw + yaw)
        return north, east, down


def _turned(first: float, second: float, angle: float) -> tuple[float, float]:
    """Two coordinates after a turn by `angle` degrees from the first axis to the second."""
    c, s = cos(radians(angle)), sin(radians(angle))
    return first * c - second * s, first * s + second * c

"""Sample: what a moving camera's telemetry tells of one moment, and of many."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite, nan
from typing import NamedTuple

from vision.site.flight import Flight

_NOWHERE = (1.571, 3.142)
"""Latitude and longitude that are both this near to 0 are no fix yet, or the radians that some
firmware wrote; as degrees they are open sea."""
RANGE_ERROR_M = 5.0
"""Standard deviation of a position along each axis, metres, where the satellites stand well (HDOP
of 1): ours, cautious for a street between houses. Receivers that tell their error tell better."""
WIDEST_MM = 8.0
"""Focal length, as on 35 mm film, below which it is none: with it a picture is 139 degrees across
its diagonal. The widest of DJI's, in its goggle-flown drones, have 12 mm."""
_BACK = 1.0
"""Seconds by which telemetry may go back. Where it is more, two flights stand in one file, each
from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A drone's telemetry at one moment; NaN for missing values.

    Attributes:
        at: seconds since the recording began; 0 of a photo.
        lon, lat: of the lens, WGS 84, degrees.
        digits: after the decimal point of `lon` and `lat`.
        height_m: above the take-off point, metres.
        yaw, pitch, roll: the gimbal's, degrees; see `DronePose`.
        focal_mm: of the lens, as on 35 mm film.
        zoom: by which the picture was enlarged digitally.
        fov: horizontal field of view, degrees, zoom and all, of drones that tell it.
        error_m: standard deviation of the place along each axis, metres, of receivers that tell it.
        unordered: `lon` and `lat` are the first and second number of a pair that does not tell
            which is which.
        turned: the picture is stored turned and shown upright, and nobody knows whether the angles
            are those of the one or the other.
    """

    at: float = 0.0
    lon: float = nan
    lat: float = nan
    digits: int = 6
    height_m: float = nan
    yaw: float = nan
    pitch: float = nan
    roll: float = nan
    focal_mm: float = nan
    zoom: float = 1.0
    fov: float = nan
    error_m: float = nan
    unordered: bool = False
    turned: bool = False

    @property
    def placed(self) -> bool:
        """Whether it has a place on the map that anybody can be at."""
        somewhere = abs(self.lat) <= 85 and abs(self.lon) <= 180  # LocalPlane's reach
        return somewhere and not (abs(self.lat) <= _NOWHERE[0] and abs(self.lon) <= _NOWHERE[1])

    def over(self, flight: Flight) -> Sample:
        """Return the sample with the angles that the site states for a drone that writes none."""
        if isfinite(self.yaw) and isfinite(self.pitch):
            return self if isfinite(self.roll) else replace(self, roll=0.0)
        if flight.yaw is None or flight.pitch is None:
            return self
        return replace(self, yaw=flight.yaw, pitch=flight.pitch, roll=flight.roll)

    def lacks(self, flight: Flight) -> str:
        """Return what is missing for a pose, with what to do; "" if nothing is."""
        if why := self._nowhere(flight):
            return why
        whole = self.over(flight)
        if not (isfinite(whole.yaw) and isfinite(whole.pitch)):
            return (
                "no gimbal angles; if they were fixed, state yaw and pitch in the camera's `flight`"
            )
        lens = self.focal_mm >= WIDEST_MM and self.zoom >= 1
        if flight.fov is None and not (lens or 0 < self.fov < 180):
            return "no focal length; state fov in the camera's `flight`"
        return ""

    def _nowhere(self, flight: Flight) -> str:
        """Why it has no place in the air; "" if it has."""
        if self.turned:
            return (
                "angles of the camera as it was held, but the picture is stored turned, and its"
                " maker does not say which way they count then"
            )
        if self.unordered:
            return (
                "GPS(…) texts with the longitude or the latitude first, as models differ; state"
                " gps_order in the camera's `flight`: lon_lat (Mavic Pro) or lat_lon (Matrice 300)"
            )
        if not self.placed:
            return "no position; it had no satellites, or its firmware writes another format"
        if not isfinite(self.height_m):
            return "no height above its take-off point; this model writes none"
        if self.height_m <= flight.terrain_m:
            return (
                f"no height above the ground that it looks at: terrain_m is {flight.terrain_m:g};"
                " state it above the take-off point in the camera's `flight`, or leave it out"
            )
        return ""


class Told(NamedTuple):
    """What a recording's telemetry tells, the second at which it ends, and its texts or sets."""

    samples: list[Sample]
    end: float
    texts: int


class Unfit(Exception):  # noqa: N818 - never leaves this package: it carries a text
    """Why telemetry that can be read is not used, with what to do; follows "its telemetry"."""


def later(at: float, latest: float) -> float:
    """The later of two moments of telemetry, the second of what stood before the first.

    Raises:
        Unfit: it goes back further than it may.
    """
    if at < latest - _BACK:
        raise Unfit(
            f"goes back from {latest:.1f} s to {at:.1f} s, as if two flights were in one file; give"
            " each recording the telemetry that the drone wrote with it"
        )
    return max(at, latest)

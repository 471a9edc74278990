"""Telemetry: a moving camera's telemetry samples, and the pose of a picture from them.

Positions are WGS 84, as satellite receivers and EXIF have them. `Making` is what makes a pose of a
sample: a drone's (`Flying`), or a carried camera's (`vision.sources.carried`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import atan, degrees, hypot, isfinite, radians, sin, sqrt
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vision.frames import Pose
from vision.geo.drone_pose import DronePose
from vision.geo.errors import PlaceError
from vision.geo.plane import degree_lengths
from vision.site.flight import Flight
from vision.sources.sample import Sample

__all__ = ["Flying", "Making", "Moved", "Sample", "Track", "pose_of"]

_FILM = hypot(36.0, 24.0)
"""Diagonal of a picture on 35 mm film, mm. DJI's equivalent focal lengths are by the diagonal of
the whole sensor: its data sheets give 84 degrees across the diagonal with 24 mm."""
_WHOLE_SENSOR = 1.55
"""Pictures no wider for their height are a sensor's whole, 4:3 or 3:2. A wider one (16:9) is taken
for that of a 4:3 sensor, cut at top and bottom; where a video mode cuts the sides as well, the site
states `fov`."""
_WIDTH_DEVIATION = 0.02
"""Of the picture's width got so, as a share: from a 3:2 sensor 16:9 is wider by twice that."""
_LAG = 0.2
"""Seconds, one deviation, by which a text may lag behind the picture it comes with: positions are
measured five times a second (DJI Onboard SDK, time synchronisation) and repeated until the next."""
_REACH = 0.5
"""Seconds for which a sample holds where there is no other beyond."""
_GAP = 2.0
"""Seconds between two samples above which they are not interpolated; the slowest drones write one
a second."""
_FASTEST = 75.0
"""Metres a second that no drone flies: twice the 39 m/s of DJI's fastest."""
_DEGREE = 111_320.0
"""Metres in a degree of latitude, to the half per cent that telling a leap needs."""
_ROUND = ("lon", "yaw", "pitch", "roll")
_PLAIN = ("lat", "height_m", "focal_mm", "zoom", "fov")
_LON, _LAT, _HEIGHT = 0, 4, 5  # among the columns, after those of `_ROUND`


@dataclass(frozen=True, slots=True)
class Moved:
    """How far a camera may have moved (metres) and turned (degrees) unnoticed: deviations."""

    across: float = 0.0
    up: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0


_STILL = Moved()


class Making(Protocol):
    """What makes poses of samples."""

    def lacks(self, sample: Sample) -> str:
        """Return what a sample lacks for a pose, with what to do; "" if nothing."""
        ...

    def whole(self, sample: Sample) -> Sample:
        """Return a sample that lacks nothing, with what the site adds: all its numbers finite."""
        ...

    def pose(self, sample: Sample, width: int, height: int, moved: Moved) -> Pose | None:
        """Return the pose of a picture of this many pixels; None where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Flying:
    """Makes the poses of a drone, to which its site adds `flight`."""

    flight: Flight

    def lacks(self, sample: Sample) -> str:
        """See `Making`."""
        return sample.lacks(self.flight)

    def whole(self, sample: Sample) -> Sample:
        """See `Making`."""
        return sample.over(self.flight)

    def pose(self, sample: Sample, width: int, height: int, moved: Moved) -> DronePose | None:
        """See `Making`."""
        return pose_of(sample, self.flight, width, height, moved)


def pose_of(
    sample: Sample, flight: Flight, width: int, height: int, moved: Moved = _STILL
) -> DronePose | None:
    """The pose of a picture of this many pixels.

    Returns:
        None where `sample` lacks something, or does not lie above the ground looked at.
    """
    if sample.lacks(flight):
        return None
    sample = sample.over(flight)
    fov, fov_deviation = _view(sample, flight, width / height)
    sd = flight.deviations
    last_digit_m = 10.0**-sample.digits * degree_lengths(sample.lat)[1]
    own = sample.error_m if isfinite(sample.error_m) else sd.position_m
    try:
        return DronePose(
            lon=sample.lon,
            lat=sample.lat,
            altitude_m=sample.height_m,
            terrain_m=flight.terrain_m,
            yaw=sample.yaw,
            pitch=sample.pitch,
            roll=sample.roll,
            fov=fov,
            width=width,
            height=height,
            deviations=replace(
                sd,
                position_m=hypot(own, moved.across, last_digit_m / sqrt(12)),
                altitude_m=hypot(sd.altitude_m, moved.up),
                yaw=hypot(sd.yaw, moved.yaw),
                pitch=hypot(sd.pitch, moved.pitch),
                roll=hypot(sd.roll, moved.roll),
                fov=hypot(sd.fov, fov_deviation),
            ),
        )
    except PlaceError:
        return None


def _view(sample: Sample, flight: Flight, aspect: float) -> tuple[float, float]:
    """Horizontal field of view and its deviation, degrees."""
    if flight.fov is not None:
        return flight.fov, 0.0
    if isfinite(sample.fov):
        return sample.fov, 0.0
    sensor = aspect if aspect <= _WHOLE_SENSOR else 4 / 3
    film_width = _FILM * sensor / hypot(sensor, 1.0)
    fov = 2 * degrees(atan(film_width / 2 / sample.focal_mm / sample.zoom))
    return fov, degrees(sin(radians(fov)) * _WIDTH_DEVIATION)  # the slope of 2 atan


class Track:
    """Where a camera was while it was filming: its samples, in order of time.

    Args:
        samples: in any order; incomplete ones are skipped, and so are those within a second of a
            leap that no drone can fly, since either side may be wrong.
        making: makes the poses; a drone's, where it is what a site adds to its flights.
        lag: seconds, one deviation, by which a sample may be of another moment than it says.
        reach: seconds for which a sample holds where there is no other beyond.
    """

    def __init__(
        self,
        samples: Iterable[Sample],
        making: Making | Flight,
        *,
        lag: float = _LAG,
        reach: float = _REACH,
    ) -> None:
        self._making = Flying(making) if isinstance(making, Flight) else making
        self._lag, self._reach = lag, reach
        made = self._making
        told = {s.at: made.whole(s) for s in samples if not made.lacks(s)}
        samples = [told[at] for at in sorted(told)]
        times = np.array(sorted(told), np.float64)
        table = [[getattr(s, name) for name in (*_ROUND, *_PLAIN)] for s in samples]
        columns = np.array(table, np.float64).reshape(-1, len(_ROUND) + len(_PLAIN)).T
        # So that between two samples an angle goes the shorter way round, as a number does.
        turning = slice(0, len(_ROUND))
        columns[turning] = np.unwrap(columns[turning], period=360, axis=1)
        flown = _flown(times, columns, np.array([s.digits for s in samples], np.float64))
        self._samples = [samples[i] for i in np.flatnonzero(flown)]
        self._times = times[flown]
        # Each column in one piece, as np.interp wants it.
        self._columns = np.ascontiguousarray(columns[:, flown])

    def __len__(self) -> int:
        """How many samples have all that a pose needs."""
        return len(self._samples)

    @property
    def spans(self) -> float:
        """Seconds from its first sample to its last."""
        return float(self._times[-1] - self._times[0]) if self._samples else 0.0

    def pose(self, at: float, width: int, height: int) -> Pose | None:
        """The pose `at` seconds after the beginning, from the samples before and after.

        What the camera moves and turns while its telemetry may lag, or since its last, is in the
        deviations.

        Returns:
            None where no sample is near enough.
        """
        late = self._late(at)
        if late is None:
            return None
        values = self._values(at)
        values[: len(_ROUND)] = (values[: len(_ROUND)] + 180) % 360 - 180
        nearest = self._samples[int(np.argmin(np.abs(self._times - at)))]
        told = dict(zip((*_ROUND, *_PLAIN), values.tolist(), strict=True))
        here = replace(nearest, at=at, **told)
        return self._making.pose(here, width, height, self._moved(at, late))

    def _late(self, at: float) -> float | None:
        """Seconds, one deviation, by which telemetry may be off; None out of its reach."""
        if not self._samples:
            return None
        after = int(np.searchsorted(self._times, at, side="right"))
        inside = 0 < after < len(self._samples)
        last = min(max(after, 1), len(self._samples) - 1)
        spacing = float(self._times[last] - self._times[max(0, last - 1)])
        between = inside and spacing <= _GAP
        beyond = 0.0 if between else float(np.min(np.abs(self._times - at)))
        if beyond > self._reach:
            return None
        # A text is of some moment while it is shown; root mean square of its distance to the first.
        return hypot(self._lag, min(spacing, _GAP) / sqrt(3), beyond)

    def _values(self, at: float) -> NDArray[np.float64]:
        return np.array([np.interp(at, self._times, column) for column in self._columns])

    def _moved(self, at: float, late: float) -> Moved:
        """At the faster of its paces in the half seconds before and after."""
        at = float(np.clip(at, self._times[0], self._times[-1]))
        before, now, then = (self._values(at + step) for step in (-_REACH, 0.0, _REACH))
        way = np.maximum(np.abs(now - before), np.abs(then - now)) * late / _REACH
        per_lon, per_lat = degree_lengths(float(now[_LAT]))
        lon, yaw, pitch, roll = way[: len(_ROUND)].tolist()
        across = hypot(lon * per_lon, float(way[_LAT]) * per_lat)
        return Moved(across, float(way[_HEIGHT]), yaw, pitch, roll)


def _flown(
    times: NDArray[np.float64], columns: NDArray[np.float64], digits: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which samples are further than half of `_GAP` from a leap that no drone can fly.

    Looked at are neighbours, and samples about a second apart, with what lies between them: with
    many texts a second, a pace that none can keep up is hidden between neighbours by the steps in
    which positions are written.
    """
    count = np.arange(len(times))
    off = 10.0**-digits  # rounded or cut off, each by up to one of its last digit
    change = np.zeros(len(times) + 1, np.int64)
    pairs = (np.maximum(count - 1, 0), _GAP / 2), (np.searchsorted(times, times - 1.0), 0.0)
    for before, around in pairs:
        middle = np.radians((columns[_LAT] + columns[_LAT][before]) / 2)
        east = (columns[_LON] - columns[_LON][before]) * np.cos(middle)
        north = columns[_LAT] - columns[_LAT][before]
        up = columns[_HEIGHT] - columns[_HEIGHT][before]
        way = np.sqrt((east**2 + north**2) * _DEGREE**2 + up**2)
        explained = _FASTEST * (times - times[before] + _LAG) + (off + off[before]) * _DEGREE
        leap = way > explained
        first = np.searchsorted(times, times[before][leap] - around)
        after = np.searchsorted(times, times[leap] + around, side="right")
        np.add.at(change, first, 1)
        np.add.at(change, after, -1)
    flown: NDArray[np.bool_] = np.cumsum(change)[:-1] == 0
    return flown

"""NMEA: where a carried camera is, from the sentences of a receiver (NMEA 0183).

RMC tells place, date and time; GGA the fix and its geometry (HDOP); GST how far off it may
be. A sentence that fails its checksum is passed over.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, time

import pynmea2

from vision.sources.heard import Heard
from vision.sources.sample import RANGE_ERROR_M, Sample

_LONGEST = 1024
"""Bytes of a sentence; the standard allows 82."""
_DAY_S = 86_400.0
_FRESH_S = 5.0
"""Seconds after which what a receiver said of its error, or its place, is no longer so."""


class Nmea:
    """See `vision.sources.heard.Listener`."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """See `Listener`."""
        self._rest = b""
        # As it says itself (GST), and by how the satellites stand (GGA): metres, and when.
        self._stated = self._likely = math.nan, math.nan
        self._fixed = True
        self._dated = math.nan

    def take(self, data: bytes) -> Iterator[Heard]:
        """See `Listener`."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-_LONGEST:]
        for line in lines:
            heard = self._hear(line[-_LONGEST:].decode("ascii", errors="replace").strip())
            if heard is not None:
                yield heard

    def _hear(self, line: str) -> Heard | None:
        try:
            told = pynmea2.parse(line, check=True)
            kind = told.sentence_type
            if kind == "RMC":
                return self._place(told)
            if kind == "GGA":
                return self._fix(told)
            if kind == "GST":
                self._errors(told)
        except (pynmea2.ParseError, AttributeError, ValueError, TypeError, KeyError, IndexError):
            return None  # what it holds is no sentence, or no number where one belongs
        return None

    def _place(self, told: pynmea2.RMC) -> Heard | None:
        if not isinstance(told.timestamp, time):
            return None
        own = _seconds(told.timestamp)
        valid = told.status == "A" and self._fixed and bool(told.lat) and bool(told.lon)
        self._dated = own
        sample = Sample(
            lon=told.longitude if valid else math.nan,
            lat=told.latitude if valid else math.nan,
            digits=6,
            error_m=self._error(own),
        )
        utc = math.nan
        if isinstance(told.datestamp, date):
            utc = datetime.combine(told.datestamp, told.timestamp, UTC).timestamp()
        return Heard(sample, own, utc)

    def _fix(self, told: pynmea2.GGA) -> Heard | None:
        """Of a receiver without RMC, GGA tells the place."""
        if not isinstance(told.timestamp, time):
            return None
        own = _seconds(told.timestamp)
        self._fixed = int(told.gps_qual or 0) > 0
        self._likely = RANGE_ERROR_M * float(told.horizontal_dil or math.nan), own
        if _fresh(self._dated, own):
            return None
        valid = self._fixed and bool(told.lat) and bool(told.lon)
        lon, lat = (told.longitude, told.latitude) if valid else (math.nan, math.nan)
        return Heard(Sample(lon=lon, lat=lat, digits=6, error_m=self._error(own)), own)

    def _errors(self, told: pynmea2.GST) -> None:
        larger = max(float(told.std_dev_latitude), float(told.std_dev_longitude))
        if larger > 0 and isinstance(told.timestamp, time):
            self._stated = larger, _seconds(told.timestamp)

    def _error(self, own: float) -> float:
        for metres, at in (self._stated, self._likely):
            if math.isfinite(metres) and metres >= 0 and _fresh(at, own):
                return metres
        return math.nan


def _fresh(at: float, own: float) -> bool:
    """Whether a moment of the day (seconds) is a short while before another, over midnight too."""
    return (own - at) % _DAY_S <= _FRESH_S


def _seconds(moment: time) -> float:
    return moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6

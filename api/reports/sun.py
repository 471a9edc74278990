"""Sun: when it rises and sets at a site, to some minutes, as a table of weeks for SQL.

After the equations of NOAA's solar calculator (Meeus, Astronomical Algorithms, shortened). Night
is when the sun's upper edge is below the horizon.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

YEAR_S: Final = 31_556_952
"""The Gregorian year's mean length, seconds: 365.2425 days."""
WEEK_S: Final = 604_800
DAY_S: Final = 86_400
_ZENITH = math.radians(90.833)
"""Of the sun's middle when its edge is at the horizon: 34' of refraction, 16' of radius."""


@dataclass(frozen=True, slots=True)
class Week:
    """A week of the year, counted from 1 January: in which seconds of a UTC day there is sun."""

    number: int
    sunrise: int
    daylight: int


def weeks(lon: float, lat: float) -> list[Week]:
    """The 53 weeks of a year at a place (degrees, WGS 84); the last one has a day or two."""
    return [_week(number, lon, lat) for number in range(YEAR_S // WEEK_S + 1)]


def _week(number: int, lon: float, lat: float) -> Week:
    angle = 2 * math.pi * min(number * 7 + 3.5, 365.0) / 365.2425  # of the year
    sine, cosine = math.sin(angle), math.cos(angle)
    sine2, cosine2 = math.sin(2 * angle), math.cos(2 * angle)
    sine3, cosine3 = math.sin(3 * angle), math.cos(3 * angle)
    # Minutes by which a sundial is ahead of a clock, and the sun's declination in radians.
    ahead = 229.18 * (
        0.000075 + 0.001868 * cosine - 0.032077 * sine - 0.014615 * cosine2 - 0.040849 * sine2
    )
    tilt = (
        0.006918 - 0.399912 * cosine + 0.070257 * sine - 0.006758 * cosine2
        + 0.000907 * sine2 - 0.002697 * cosine3 + 0.00148 * sine3
    )  # fmt: skip
    here = math.radians(lat)
    turn = (math.cos(_ZENITH) - math.sin(here) * math.sin(tilt)) / (math.cos(here) * math.cos(tilt))
    half = math.degrees(math.acos(max(-1.0, min(1.0, turn)))) * 240  # seconds; 0 or 12 h at poles
    noon = DAY_S / 2 - 240 * lon - 60 * ahead
    return Week(number, round(noon - half) % DAY_S, round(2 * half))

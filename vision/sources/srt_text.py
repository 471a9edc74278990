"""SRT text: what one of the texts that DJI's drones write as subtitles tells, by generation.

The bracketed one, in which newer models write gimbal angles:

    [focal_len: 24.00] [dzoom_ratio: 1.00] [latitude: 31.71] [longitude: 113.38]
    [rel_alt: 50.100 abs_alt: 112.300] [gb_yaw: -12.3 gb_pitch: -90.0 gb_roll: 0.0]

Its `altitude` (Mavic 2, Air 2) counts from the sea, and is not read as the height above take-off.
The compact one of Phantom 4, Mavic Mini and Matrice 30 (longitude first, height above home,
gimbal's pitch, roll and yaw):

    F/2.8, SS 400, ISO 100, EV 0, GPS (113.38, 31.71, 21), D 80.50m, H 45.00m, H.S 3.20m/s,
    V.S 0.00m/s, F.PRY (1.2°, -0.5°, 88.0°), G.PRY (-60.0°, 0.0°, 90.0°)

The old one, of which Mavic Pro writes the longitude first and Matrice 300 the latitude (`in_order`
tells them apart); the third number counts satellites, and the height above take-off stands behind
BAROMETER, or behind Hb in the oldest:

    HOME(113.3800,31.7100) 2017.08.05 14:11:51
    GPS(113.3801,31.7101,16) BAROMETER:45.0

And positions alone: `Lat: 31.71, Long: 113.38`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from math import nan

from vision.site.flight import GpsOrder
from vision.sources.sample import WIDEST_MM, Sample

LONGEST = 4096
"""Characters of a line, and of a whole text, that are looked at: ten times what DJI writes."""
_LONGEST_COMPACT = 512
"""Characters of texts without brackets that are looked at: twice what DJI writes."""

_NUMBER = r"([-+]?\d{1,6}(?:\.\d{1,15})?)"
_FIELD = re.compile(
    r"\b(latitude|longt?itude|rel_alt|gb_yaw|gb_pitch|gb_roll|focal_len|dzoom_ratio)"
    rf"\s{{0,3}}:?\s{{0,3}}{_NUMBER}(?=[ ,\]])"  # a text may be cut within a number
)
_APERTURE = re.compile(r"\bF/[\d.]{1,6},")
_PLACE = re.compile(rf"\b(?:GPS|RTK) ?\({_NUMBER}, ?{_NUMBER}, ?{_NUMBER}M?\)")
_HEIGHT = re.compile(rf", H {_NUMBER}m")
_DEGREE = r"[^\d,)]{0,3}"
"""The sign in UTF-8, Latin-1 or GBK; what is no UTF-8 was replaced."""
_GIMBAL = re.compile(rf"\bG\.PRY \({_NUMBER}{_DEGREE}, ?{_NUMBER}{_DEGREE}, ?{_NUMBER}{_DEGREE}\)")
_ZOOM = re.compile(rf"\bDZOOM {_NUMBER}")
_OLD_HEIGHT = re.compile(rf"\b(?:BAROMETER|Hb): ?{_NUMBER}[M\s]")
_ALONE = re.compile(rf"\bLat: ?{_NUMBER}, ?Long: ?{_NUMBER}\s")


def in_order(samples: Iterable[Sample], said: GpsOrder | None) -> list[Sample]:
    """The samples of one file, longitude and latitude told apart where a text does not.

    A number beyond 90 degrees is a longitude, and a file has one order; else the site says which
    comes first (`said`). Where nobody does, or the numbers contradict each other, the samples stay
    `unordered`.
    """
    samples = list(samples)
    unsure = [sample for sample in samples if sample.unordered]
    first = any(abs(sample.lon) > 90 for sample in unsure)
    second = any(abs(sample.lat) > 90 for sample in unsure)
    if first and second:
        return samples
    order = said
    if first or second:
        order = "lon_lat" if first else "lat_lon"
    return [_told_apart(s, order) if s.unordered and order else s for s in samples]


def _told_apart(sample: Sample, order: GpsOrder) -> Sample:
    first, second = sample.lon, sample.lat
    lon, lat = (first, second) if order == "lon_lat" else (second, first)
    return replace(sample, lon=lon, lat=lat, unordered=False)


def parse_text(text: str, at: float) -> Sample | None:
    """What one text tells; None where it is no telemetry."""
    fields = dict(_FIELD.findall(text[:LONGEST]))
    if not fields:
        text = text[:_LONGEST_COMPACT]
        return _compact(text, at) or _old(text, at) or _alone(text, at)

    def number(*names: str) -> float:
        return next((float(fields[name]) for name in names if name in fields), nan)

    return Sample(
        at=at,
        lon=number("longitude", "longtitude"),
        lat=number("latitude"),
        digits=_digits(fields.get("latitude", "")),
        height_m=number("rel_alt"),
        yaw=number("gb_yaw"),
        pitch=number("gb_pitch"),
        roll=number("gb_roll"),
        focal_mm=_scaled(fields.get("focal_len"), 10, WIDEST_MM, nan),
        zoom=_scaled(fields.get("dzoom_ratio"), 10_000, 1.0, 1.0),
    )


def _compact(text: str, at: float) -> Sample | None:
    aperture = _APERTURE.search(text)
    place = aperture and _PLACE.search(text, aperture.end())
    if place is None:
        return None
    height, gimbal, zoom = _HEIGHT.search(text), _GIMBAL.search(text), _ZOOM.search(text)
    pitch, roll, yaw = map(float, gimbal.groups()) if gimbal else (nan, nan, nan)
    return Sample(
        at=at,
        lon=float(place[1]),
        lat=float(place[2]),
        digits=_digits(place[2]),
        height_m=float(height[1]) if height else nan,
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        zoom=float(zoom[1]) if zoom else 1.0,
    )


def _old(text: str, at: float) -> Sample | None:
    """Of which two numbers the first may be either."""
    place = _PLACE.search(text)
    height = place and _OLD_HEIGHT.search(text, place.end())
    if place is None or not height:
        return None
    first, second = float(place[1]), float(place[2])
    return Sample(
        at=at,
        lon=first,
        lat=second,
        digits=_digits(place[2]),
        height_m=float(height[1]),
        unordered=True,
    )


def _alone(text: str, at: float) -> Sample | None:
    if (place := _ALONE.search(text)) is None:
        return None
    return Sample(at=at, lon=float(place[2]), lat=float(place[1]), digits=_digits(place[1]))


def _digits(number: str) -> int:
    return len(number.partition(".")[2])


def _scaled(number: str | None, unit: int, least: float, otherwise: float) -> float:
    """A number that older models write in parts (240 for 24 mm), newer ones plainly (24.00).

    One that would be less than `least` in parts is plain, though it has no point: 24 is 24 mm, as
    2.4 mm is no drone's lens, and a digital zoom of 1 is none, as 1/10000 would be. A lens of 80 mm
    and more written without a point would still be taken for one in parts: no model is known to.
    """
    if number is None:
        return otherwise
    parts = float(number) / unit
    return float(number) if "." in number or parts < least else parts

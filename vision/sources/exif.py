"""EXIF: what a photo says of when and where it was taken (CIPA DC-008, Exif 2.32)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from math import isfinite, log10
from typing import Any

from PIL import ExifTags, Image

MALFORMED = (
    *(OSError, ValueError, TypeError, KeyError, IndexError, SyntaxError, ArithmeticError),
    AttributeError,
)
"""What Pillow raises on damaged EXIF, whose photo may be whole."""

_QUARTER = timedelta(minutes=15)
"""Offsets of the world's time zones are multiples of it."""
_FURTHEST = timedelta(hours=14)
_STALE = timedelta(minutes=2)
"""How old a satellite fix may be that came with a photo, for its time to tell the zone."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a camera stood, WGS 84, degrees.

    Attributes:
        lat, lon: of the camera.
        digits: after the decimal point that `lat` and `lon` were written with.
        altitude_m: above the sea, metres; None where the photo does not tell.
        accuracy_m: as the photo claims, metres.
        heading: where the camera looked, degrees clockwise from north, which may be the compass's.
    """

    lat: float
    lon: float
    digits: int
    altitude_m: float | None
    accuracy_m: float | None
    heading: float | None


def capture_time(exif: Image.Exif) -> datetime | None:
    """When a photo was taken; without a zone where it tells none.

    The zone is that of `OffsetTimeOriginal`. Where there is none, it follows from the satellites'
    time, which is UTC, if the camera's clock is off by a time zone and two minutes at most; the
    satellites' time alone does where the camera's clock was never set.

    Raises:
        Exception: what is among `MALFORMED`.
    """
    tags = exif.get_ifd(ExifTags.IFD.Exif)
    text = _text(tags.get(ExifTags.Base.DateTimeOriginal))
    offset = _text(tags.get(ExifTags.Base.OffsetTimeOriginal))
    satellites = _satellite_time(exif.get_ifd(ExifTags.IFD.GPSInfo))
    local = _time(text, "%Y:%m:%d %H:%M:%S")
    if local is None:
        return satellites
    if offset and (zoned := _time(f"{text} {offset}", "%Y:%m:%d %H:%M:%S %z")) is not None:
        return zoned
    if satellites is None:
        return local
    apart = local.replace(tzinfo=UTC) - satellites
    zone = round(apart / _QUARTER) * _QUARTER
    if abs(zone) > _FURTHEST or abs(apart - zone) > _STALE:
        return local
    return local.replace(tzinfo=timezone(zone))


def place(exif: Image.Exif) -> Place | None:
    """Where a photo was taken; None where it does not tell.

    Raises:
        Exception: what is among `MALFORMED`.
    """
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    try:
        lat = _degrees(gps[ExifTags.GPS.GPSLatitude], gps.get(ExifTags.GPS.GPSLatitudeRef), "S")
        lon = _degrees(gps[ExifTags.GPS.GPSLongitude], gps.get(ExifTags.GPS.GPSLongitudeRef), "W")
    except MALFORMED:
        return None
    # Cameras without a fix write 0, 0; nobody patrols the Gulf of Guinea.
    if not (abs(lat) <= 90 and abs(lon) <= 180) or (lat == 0 and lon == 0):
        return None
    altitude = _number(gps.get(ExifTags.GPS.GPSAltitude))
    below = gps.get(ExifTags.GPS.GPSAltitudeRef) in (b"\x01", 1)
    heading = _number(gps.get(ExifTags.GPS.GPSImgDirection))
    accuracy = _number(gps.get(ExifTags.GPS.GPSHPositioningError))
    return Place(
        lat,
        lon,
        digits=_digits(gps[ExifTags.GPS.GPSLatitude]),
        altitude_m=-altitude if altitude is not None and below else altitude,
        accuracy_m=accuracy if accuracy is not None and accuracy >= 0 else None,
        heading=heading if heading is not None and 0 <= heading <= 360 else None,
    )


def _digits(parts: Any) -> int:
    """Decimal digits of degrees that degrees, minutes and seconds are good for, 7 at most."""
    units = zip((1, 60, 3600), parts, strict=True)
    finest = max(unit * int(getattr(part, "denominator", 1)) for unit, part in units)
    return min(7, int(log10(max(1, finest))))


def _satellite_time(gps: Mapping[int, Any]) -> datetime | None:
    date = _time(_text(gps.get(ExifTags.GPS.GPSDateStamp)), "%Y:%m:%d")
    try:
        hours, minutes, seconds = (float(part) for part in gps[ExifTags.GPS.GPSTimeStamp])
        if date is None:
            return None
        clock = timedelta(hours=hours, minutes=minutes, seconds=int(seconds))
        # Receivers that have no fix write midnight of their first day.
        return date.replace(tzinfo=UTC) + clock if date.year > 2000 else None
    except MALFORMED:
        return None


def _time(text: str, pattern: str) -> datetime | None:
    try:
        return datetime.strptime(text, pattern)  # noqa: DTZ007 - a camera's clock has no zone
    except (ValueError, OverflowError):
        return None


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip("\0 ")


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except MALFORMED:
        return None
    return number if isfinite(number) else None


def _degrees(parts: Any, side: Any, negative: str) -> float:
    degrees, minutes, seconds = (float(p) for p in parts)
    value = degrees + minutes / 60 + seconds / 3600
    return round(-value if _text(side).upper() == negative else value, 7)

"""EXIF: where and when a photo was taken."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from PIL import ExifTags, Image
from pydantic import BaseModel, ConfigDict

# Pillow raises these on malformed EXIF; a photo without a readable position is still a photo.
_MALFORMED = (OSError, ValueError, TypeError, KeyError, IndexError, SyntaxError, ZeroDivisionError)


class Position(BaseModel):
    """Where the camera stood, as the photo claims: degrees, WGS 84 as EXIF prescribes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lon: float
    lat: float
    accuracy_m: float | None = None
    crs: Literal["WGS84"] = "WGS84"
    method: Literal["exif"] = "exif"


def read_exif(path: Path) -> tuple[Position | None, str]:
    """The position and the capture time (ISO, the camera's local clock; "" if unknown)."""
    try:
        with Image.open(path) as picture:
            exif = picture.getexif()
        return _position(exif.get_ifd(ExifTags.IFD.GPSInfo)), _taken(exif)
    except (*_MALFORMED, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None, ""


def _taken(exif: Image.Exif) -> str:
    """EXIF writes `2026:03:01 08:30:00`; it states no time zone, so none is claimed."""
    own = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal, "")
    date, _, clock = str(own).strip("\0 ").partition(" ")
    numbers = [*date.split(":"), *clock.split(":")]
    if len(numbers) != 6 or not all(n.isdecimal() for n in numbers):
        return ""
    return f"{date.replace(':', '-')}T{clock}"


def _position(gps: Mapping[int, Any]) -> Position | None:
    try:
        lat = _degrees(gps[ExifTags.GPS.GPSLatitude], gps.get(ExifTags.GPS.GPSLatitudeRef), "S")
        lon = _degrees(gps[ExifTags.GPS.GPSLongitude], gps.get(ExifTags.GPS.GPSLongitudeRef), "W")
        error = gps.get(ExifTags.GPS.GPSHPositioningError)
        accuracy = None if error is None else round(float(error), 2)
    except _MALFORMED:
        return None
    # Cameras without a fix write 0, 0; nobody patrols the Gulf of Guinea.
    if not (abs(lat) <= 90 and abs(lon) <= 180) or (lat == 0 and lon == 0):
        return None
    return Position(lon=lon, lat=lat, accuracy_m=accuracy)


def _degrees(parts: Any, side: Any, negative: str) -> float:
    degrees, minutes, seconds = (float(p) for p in parts)
    value = degrees + minutes / 60 + seconds / 3600
    return round(-value if str(side).strip("\0 ").upper() == negative else value, 7)

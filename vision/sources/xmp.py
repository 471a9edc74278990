"""XMP: reads the telemetry that DJI's drones write into their photos."""

from __future__ import annotations

import re
from math import isfinite, nan
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image

from vision.sources.exif import MALFORMED, place
from vision.sources.sample import Sample

_LARGEST = 1 << 20
"""Bytes that are looked at: a JPEG's packet has 64 kB, and DJI's own but a few."""
# As an attribute or as an element; DJI's own prefix. `GpsLongtitude` is DJI's spelling of old.
_FIELD = re.compile(
    r"\bdrone-dji:(GpsLatitude|GpsLongt?itude|RelativeAltitude|Gimbal(?:Yaw|Pitch|Roll)Degree)"
    r"\s{0,9}(?:=\s{0,9}[\"']|>)\s{0,9}([-+]?\d{1,6}(?:\.\d{1,15})?)\s{0,9}[\"'<]"
)


def read_xmp(path: Path) -> Sample | None:
    """Return the telemetry in a drone's photo; None if it is not from a DJI drone.

    Where the XMP has no place, as of older models, EXIF's is taken.
    """
    try:
        with Image.open(path) as picture:
            packet = picture.info.get("xmp", b"")
            exif = picture.getexif()
            lens = exif.get_ifd(ExifTags.IFD.Exif)
            focal = _told(lens.get(ExifTags.Base.FocalLengthIn35mmFilm), nan)
            zoom = _told(lens.get(ExifTags.Base.DigitalZoomRatio), 1.0)
            turned = exif.get(ExifTags.Base.Orientation, 1) not in (None, 0, 1)
            where = place(exif)
    # Of damage the picture's reader tells.
    except (*MALFORMED, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
    text = packet[:_LARGEST].decode(errors="replace") if isinstance(packet, bytes) else ""
    fields = dict(_FIELD.findall(text))
    if not fields:
        return None

    def number(*names: str) -> float:
        return next((float(fields[name]) for name in names if name in fields), nan)

    lon, lat = number("GpsLongitude", "GpsLongtitude"), number("GpsLatitude")
    digits = len(fields.get("GpsLatitude", "").partition(".")[2])
    if where is not None and not (isfinite(lon) and isfinite(lat)):
        lon, lat, digits = where.lon, where.lat, where.digits
    return Sample(
        lon=lon,
        lat=lat,
        digits=digits,
        height_m=number("RelativeAltitude"),
        yaw=number("GimbalYawDegree"),
        pitch=number("GimbalPitchDegree"),
        roll=number("GimbalRollDegree"),
        focal_mm=focal,
        zoom=zoom,
        turned=turned,
    )


def _told(value: Any, otherwise: float) -> float:
    """A number of EXIF; 0, and 0/0, which is not a number, say that there is none."""
    number = float(value or 0)
    return number if isfinite(number) and number > 0 else otherwise

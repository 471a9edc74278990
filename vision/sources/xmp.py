"""XMP: reads the telemetry that DJI's drones write into their photos."""

from __future__ import annotations

import re
from math import nan
from pathlib import Path

from PIL import ExifTags, Image

from vision.sources.telemetry import Sample

_LARGEST = 1 << 20
"""Bytes that are looked at: a JPEG's packet has 64 kB, and DJI's own but a few."""
# As an attribute or as an element; DJI's own prefix. `GpsLongtitude` is DJI's spelling of old.
_FIELD = re.compile(
    r"\bdrone-dji:(GpsLatitude|GpsLongt?itude|RelativeAltitude|Gimbal(?:Yaw|Pitch|Roll)Degree)"
    r"\s{0,9}(?:=\s{0,9}[\"']|>)\s{0,9}([-+]?\d{1,6}(?:\.\d{1,15})?)\s{0,9}[\"'<]"
)


def read_xmp(path: Path) -> Sample | None:
    """Return the telemetry in a drone's photo; None if it is not from a DJI drone.

    A photo that is stored rotated (EXIF orientation) gives None: its angles are of the camera as it
    was held, but the picture is read upright.
    """
    try:
        with Image.open(path) as picture:
            packet = picture.info.get("xmp", b"")
            exif = picture.getexif()
            lens = exif.get_ifd(ExifTags.IFD.Exif)
            focal = float(lens.get(ExifTags.Base.FocalLengthIn35mmFilm) or nan)
            zoom = float(lens.get(ExifTags.Base.DigitalZoomRatio) or 1.0)
    # Pillow raises these on damage, which the picture's reader reports.
    except (OSError, ValueError, TypeError, KeyError, IndexError, SyntaxError, ArithmeticError):
        return None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
    text = packet[:_LARGEST].decode(errors="replace") if isinstance(packet, bytes) else ""
    fields = dict(_FIELD.findall(text))
    if not fields or exif.get(ExifTags.Base.Orientation, 1) != 1:
        return None

    def number(*names: str) -> float:
        return next((float(fields[name]) for name in names if name in fields), nan)

    return Sample(
        lon=number("GpsLongitude", "GpsLongtitude"),
        lat=number("GpsLatitude"),
        digits=len(fields.get("GpsLatitude", "").partition(".")[2]),
        height_m=number("RelativeAltitude"),
        yaw=number("GimbalYawDegree"),
        pitch=number("GimbalPitchDegree"),
        roll=number("GimbalRollDegree"),
        focal_mm=focal,
        zoom=zoom,
    )

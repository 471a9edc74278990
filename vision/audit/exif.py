"""EXIF: where and when a photo was taken, as the report has it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from PIL import Image
from pydantic import BaseModel, ConfigDict

from vision.sources.exif import MALFORMED, Place, capture_time, place


class Position(BaseModel):
    """Where the camera stood, as the photo claims: degrees, WGS 84 as EXIF prescribes.

    `altitude_m` is above the sea, metres; `heading` where the camera looked, degrees clockwise from
    north, which may be the compass's.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    lon: float
    lat: float
    accuracy_m: float | None = None
    altitude_m: float | None = None
    heading: float | None = None
    crs: Literal["WGS84"] = "WGS84"
    method: Literal["exif"] = "exif"


def read_exif(path: Path) -> tuple[Position | None, str]:
    """The position and the capture time.

    The time is ISO 8601, the camera's own clock, with its offset from UTC where the photo tells it
    (`2026-03-01T08:30:00+08:00`) and without where it does not; "" where there is none.
    """
    try:
        with Image.open(path) as picture:
            exif = picture.getexif()  # of a TIFF its parts are read from the file when asked for
            where, taken = place(exif), capture_time(exif)
    # A photo whose EXIF cannot be read is still a photo.
    except (*MALFORMED, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None, ""
    return _position(where), taken.isoformat(timespec="seconds") if taken else ""


def _position(where: Place | None) -> Position | None:
    if where is None:
        return None
    return Position(
        lon=where.lon,
        lat=where.lat,
        accuracy_m=_rounded(where.accuracy_m),
        altitude_m=_rounded(where.altitude_m),
        heading=_rounded(where.heading),
    )


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 2)

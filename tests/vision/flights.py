"""Flights: the renderer's camera in DJI's words, and what DJI's drones write of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from datasets.renderer.camera import Camera


def camera_of(
    position: tuple[float, float, float],
    yaw: float,
    pitch: float,
    roll: float = 0.0,
    *,
    fov: float,
    size: tuple[int, int] = (1920, 1080),
    level: float = 0.0,
) -> Camera:
    """The renderer's camera with DJI's gimbal angles; `level` tilts it across its heading."""
    attitude = turn(2, yaw) @ turn(0, level) @ turn(1, pitch) @ turn(0, roll)
    heading = np.degrees(np.arctan2(attitude[1, 0], attitude[0, 0]))
    down = np.degrees(np.arcsin(np.clip(attitude[2, 0], -1, 1)))
    about = np.degrees(np.arctan2(attitude[2, 1], attitude[2, 2]))
    return Camera(position, float(heading), float(down), fov, *size, -float(about))


def turn(axis: int, angle: float) -> NDArray[np.float64]:
    """A right-handed turn about north (0), east (1) or down (2)."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    matrix = np.eye(3)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    matrix[i, i], matrix[i, j], matrix[j, i], matrix[j, j] = c, -s, s, c
    return matrix


Moment = tuple[float, float, float, float, float, float, float]
"""Seconds; degrees of longitude and latitude; metres above take-off; yaw, pitch, roll."""


def srt(moments: Iterable[Moment], *, every: float, focal: float = 24.0) -> str:
    """As a Mavic 3 Enterprise rounds and writes it."""
    return "".join(
        f"{n}\n{_clock(t)} --> {_clock(t + every)}\n"
        f'<font size="28">FrameCnt: {n}, DiffTime: {every * 1000:.0f}ms\n'
        f"2026-05-01 16:00:{t % 60:06.3f}\n"
        f"[focal_len: {focal:.2f}] [dzoom_ratio: 1.00], [latitude: {lat:.6f}] "
        f"[longitude: {lon:.6f}] [rel_alt: {height:.3f} abs_alt: {height + 80:.3f}] "
        f"[gb_yaw: {(yaw + 180) % 360 - 180:.1f} gb_pitch: {pitch:.1f} gb_roll: {roll:.1f}] "
        "</font>\n\n"
        for n, (t, lon, lat, height, yaw, pitch, roll) in enumerate(moments, start=1)
    )


def _clock(seconds: float) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02},{thousandths:03}"


def xmp(at: tuple[float, float], height: float, yaw: float, pitch: float, roll: float) -> bytes:
    """The packet in a photo, as a Mavic 3 Enterprise rounds and writes it.

    Args:
        at: degrees of longitude and latitude.
        height: metres above take-off.
        yaw, pitch, roll: degrees.
    """
    told = {
        "GpsLatitude": f"{at[1]:+.9f}",
        "GpsLongitude": f"{at[0]:+.9f}",
        "RelativeAltitude": f"{height:+.3f}",
        "GimbalYawDegree": f"{(yaw + 180) % 360 - 180:+.2f}",
        "GimbalPitchDegree": f"{pitch:+.2f}",
        "GimbalRollDegree": f"{roll:+.2f}",
    }
    fields = "\n".join(f'drone-dji:{name}="{value}"' for name, value in told.items())
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '<rdf:Description rdf:about="DJI Meta Data" '
        f'xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/"\n{fields}></rdf:Description>'
        '</rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()


def save_photo(path: Path, pixels: NDArray[np.uint8], packet: bytes, taken_at: datetime) -> None:
    """A drone's photo: JPEG with EXIF's clock and 24 mm lens, and XMP.

    Args:
        pixels: H×W×3, BGR.
        packet: from `xmp`.
        taken_at: the camera's local clock.
    """
    exif = Image.Exif()
    lens = exif.get_ifd(ExifTags.IFD.Exif)
    lens[ExifTags.Base.FocalLengthIn35mmFilm] = 24
    lens[ExifTags.Base.DateTimeOriginal] = f"{taken_at:%Y:%m:%d %H:%M:%S}"
    Image.fromarray(pixels[:, :, ::-1]).save(path, quality=90, exif=exif, xmp=packet)

"""SRT: the subtitles in which DJI's drones write their telemetry, beside or inside a recording.

Two kinds of text are understood. The bracketed one, in which newer models write gimbal angles:

    [focal_len: 24.00] [dzoom_ratio: 1.00] [latitude: 31.71] [longitude: 113.38]
    [rel_alt: 50.100 abs_alt: 112.300] [gb_yaw: -12.3 gb_pitch: -90.0 gb_roll: 0.0]

and the compact one of Phantom 4 RTK and Matrice 30 (longitude first, height above home, gimbal's
pitch, roll and yaw):

    F/2.8, SS 400, ISO 100, EV 0, GPS (113.38, 31.71, 21), D 80.50m, H 45.00m, H.S 3.20m/s,
    V.S 0.00m/s, F.PRY (1.2°, -0.5°, 88.0°), G.PRY (-60.0°, 0.0°, 90.0°)

`GPS(…) BAROMETER…` of older models is not: some write the latitude first and some the longitude.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from math import nan
from pathlib import Path

from av.error import FFmpegError
from av.stream import Discard

from vision.errors import SourceError
from vision.flight import Flight
from vision.site import Camera
from vision.sources.address import Address, SourceKind
from vision.sources.container import open_container
from vision.sources.telemetry import Sample, Track

_LARGEST = 200 << 20
"""Bytes that are read: an hour of 60 texts a second is half that."""
_LONGEST = 4096
"""Characters of a line, and of a whole text, that are looked at: ten times what DJI writes."""

_NUMBER = r"([-+]?\d{1,6}(?:\.\d{1,15})?)"
_CUE = re.compile(r"\s{0,4}(\d{1,3}):(\d{2}):(\d{2})[,.](\d{1,3})\s{0,4}-->")
_FIELD = re.compile(
    r"\b(latitude|longt?itude|rel_alt|gb_yaw|gb_pitch|gb_roll|focal_len|dzoom_ratio)"
    rf"\s{{0,3}}:?\s{{0,3}}{_NUMBER}(?![\w.])"
)
_COMPACT = re.compile(
    rf"\bF/[\d.]{{1,6}},.{{0,200}}\b(?:GPS|RTK) ?\({_NUMBER}, ?{_NUMBER}, ?{_NUMBER}M?\)", re.DOTALL
)
_HEIGHT = re.compile(rf", H {_NUMBER}m")
_GIMBAL = re.compile(rf"\bG\.PRY \({_NUMBER}°?, ?{_NUMBER}°?, ?{_NUMBER}°?\)")
_ZOOM = re.compile(rf"\bDZOOM {_NUMBER}")


def parse_srt(lines: Iterable[str]) -> Iterator[Sample]:
    """What each cue tells, at the moment from which it is shown.

    Cues without telemetry are left out; a broken one costs itself alone.
    """
    at: float | None = None
    text = ""
    for line in lines:
        if (cue := _CUE.match(line)) is None:
            text = (text + line)[:_LONGEST]
            continue
        if at is not None and (sample := parse_text(text, at)) is not None:
            yield sample
        hours, minutes, seconds, parts = cue.groups()
        at = int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{parts}")
        text = ""
    if at is not None and (sample := parse_text(text, at)) is not None:
        yield sample


def parse_text(text: str, at: float) -> Sample | None:
    """What one text tells; None where it is no telemetry."""
    told = dict(_FIELD.findall(text[:_LONGEST]))
    if not told:
        return _compact(text[:_LONGEST], at)

    def number(*names: str) -> float:
        return next((float(told[name]) for name in names if name in told), nan)

    return Sample(
        at=at,
        lon=number("longitude", "longtitude"),
        lat=number("latitude"),
        digits=_digits(told.get("latitude", "")),
        height_m=number("rel_alt"),
        yaw=number("gb_yaw"),
        pitch=number("gb_pitch"),
        roll=number("gb_roll"),
        focal_mm=_scaled(told.get("focal_len"), 10, nan),
        zoom=_scaled(told.get("dzoom_ratio"), 10_000, 1.0),
    )


def _compact(text: str, at: float) -> Sample | None:
    place = _COMPACT.search(text)
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


def _digits(number: str) -> int:
    return len(number.partition(".")[2])


def _scaled(number: str | None, unit: int, otherwise: float) -> float:
    """Older models write 240 for 24 mm and 10000 for no zoom, newer ones 24.00 and 1.00."""
    if number is None:
        return otherwise
    return float(number) if "." in number else float(number) / unit


def read_track(camera: Camera, address: Address) -> tuple[Track | None, str | None]:
    """The telemetry of a drone's recording: an SRT file of its name, else its subtitles.

    Returns:
        The track, None where there is none; and why there is none, in plain words, where the site
        counts on it or part of it is there.
    """
    if camera.type != "drone" or address.kind is not SourceKind.FILE:
        return None, None
    path, flight = address.path, camera.flight or Flight()
    beside = [path.with_suffix(suffix) for suffix in (".srt", ".SRT", ".Srt")]
    sidecar = next((file for file in beside if file.is_file()), None)
    try:
        samples = list(_inside(address) if sidecar is None else _read(sidecar))
    except (OSError, FFmpegError, SourceError) as error:
        return None, f"{sidecar or path}: its telemetry cannot be read ({error}); copy it again"
    track = Track(samples, flight)
    if len(track):
        return track, None
    if samples:
        [(why, _)] = Counter(sample.lacks(flight) for sample in samples).most_common(1)
        return None, f"{sidecar or path}: nothing can be put on the map: its telemetry has {why}"
    if sidecar is None and camera.flight is None:
        return None, None  # a drone's recording without telemetry is a recording
    return None, (
        f"{sidecar or path}: holds no telemetry of a format that is read, so nothing can be put on"
        " the map; put the drone's .SRT file beside the recording"
    )


def _read(sidecar: Path) -> Iterator[Sample]:
    if sidecar.stat().st_size > _LARGEST:
        raise OSError(f"it is larger than {_LARGEST >> 20} MiB")
    with sidecar.open(encoding="utf-8-sig", errors="replace") as file:
        yield from parse_srt(iter(lambda: file.readline(_LONGEST), ""))


def _inside(address: Address) -> Iterator[Sample]:
    """Of the text stream; the pictures are passed over unread."""
    with open_container(address, "software") as container:
        texts = [s for s in container.streams.subtitles if s.codec.name in {"mov_text", "subrip"}]
        if not texts:
            return
        for stream in container.streams:
            stream.discard = Discard.all if stream is not texts[0] else Discard.default
        starts = [float((s.start_time or 0) * (s.time_base or 0)) for s in container.streams.video]
        for packet in container.demux(texts[0]):
            if packet.pts is None or packet.time_base is None:
                continue
            content = bytes(packet)
            if texts[0].codec.name == "mov_text":  # 3GPP TS 26.245: two bytes of length before
                content = content[2 : 2 + int.from_bytes(content[:2])]
            at = float(packet.pts * packet.time_base) - min(starts, default=0.0)
            if (sample := parse_text(content.decode(errors="replace"), at)) is not None:
                yield sample

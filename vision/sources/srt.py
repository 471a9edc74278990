"""SRT: reads the telemetry that DJI's drones write as subtitles, next to or in a recording.

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
from itertools import takewhile
from math import inf, nan
from pathlib import Path
from threading import Event
from typing import NamedTuple

from av.error import FFmpegError
from av.stream import Discard

from vision.errors import SourceError
from vision.site import Camera
from vision.site.flight import Flight
from vision.sources.address import Address, SourceKind
from vision.sources.container import open_container
from vision.sources.listing import is_file, sidecar
from vision.sources.telemetry import WIDEST_MM, Sample, Track

_LARGEST = 64 << 20
"""Bytes of text that are read: an hour of 60 texts a second, 250 bytes each, has 54 million."""
_MOST = 500_000
"""Texts that are read: two hours of 60 a second."""
_LONGEST = 4096
"""Characters of a line, and of a whole text, that are looked at: ten times what DJI writes."""
_LONGEST_COMPACT = 512
"""Characters of a compact text that are looked at: twice what DJI writes."""
_BACK = 1.0
"""Seconds by which a text may be shown before one that stands above it. Where it is more, two
flights stand in one file, each from 0."""
_APART = 2.0
"""Seconds between the ends of telemetry and recording above which they are not of one length. Some
models write texts only until a second before the end, and the slowest one text a second."""

_NUMBER = r"([-+]?\d{1,6}(?:\.\d{1,15})?)"
_TIME = r"\s{0,4}(\d{1,3}):(\d{2}):(\d{2})[,.](\d{1,3})"
_CUE = re.compile(rf"{_TIME}\s{{0,4}}-->(?:{_TIME})?")
_FIELD = re.compile(
    r"\b(latitude|longt?itude|rel_alt|gb_yaw|gb_pitch|gb_roll|focal_len|dzoom_ratio)"
    rf"\s{{0,3}}:?\s{{0,3}}{_NUMBER}(?![\w.])"
)
_APERTURE = re.compile(r"\bF/[\d.]{1,6},")
_PLACE = re.compile(rf"\b(?:GPS|RTK) ?\({_NUMBER}, ?{_NUMBER}, ?{_NUMBER}M?\)")
_HEIGHT = re.compile(rf", H {_NUMBER}m")
_GIMBAL = re.compile(rf"\bG\.PRY \({_NUMBER}°?, ?{_NUMBER}°?, ?{_NUMBER}°?\)")
_ZOOM = re.compile(rf"\bDZOOM {_NUMBER}")


class _Unfit(Exception):  # noqa: N818 - never leaves this module: it carries a text
    """Why telemetry that can be read is not used, with what to do."""


class _Text(NamedTuple):
    """One cue: the seconds from and until which it is shown, and what it says."""

    at: float
    until: float
    content: str


def parse_srt(lines: Iterable[str]) -> Iterator[Sample]:
    """What each cue tells, at the moment from which it is shown.

    Cues without telemetry are left out; a broken one costs itself alone.
    """
    for text in _cues(lines):
        if (sample := parse_text(text.content, text.at)) is not None:
            yield sample


def _cues(lines: Iterable[str]) -> Iterator[_Text]:
    shown: tuple[float, float] | None = None
    parts: list[str] = []
    room = _LONGEST
    for line in lines:
        if (cue := _CUE.match(line)) is None:
            if room > 0:
                parts.append(line[:room])
                room -= len(line)
            continue
        if shown is not None:
            yield _Text(*shown, "".join(parts))
        at = _seconds(*cue.groups()[:4])
        shown = (at, at if cue[5] is None else _seconds(*cue.groups()[4:]))
        parts, room = [], _LONGEST
    if shown is not None:
        yield _Text(*shown, "".join(parts))


def _seconds(hours: str, minutes: str, seconds: str, parts: str) -> float:
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{parts}")


def parse_text(text: str, at: float) -> Sample | None:
    """What one text tells; None where it is no telemetry."""
    fields = dict(_FIELD.findall(text[:_LONGEST]))
    if not fields:
        return _compact(text[:_LONGEST_COMPACT], at)

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


def read_track(
    camera: Camera, address: Address, promised: float, stop: Event
) -> tuple[Track | None, str | None]:
    """The telemetry of a drone's recording: an SRT file of its name, else its subtitles.

    Args:
        promised: seconds that the recording lasts; 0 where it does not tell.
        stop: setting it ends reading, without a track.

    Returns:
        The track, None where there is none; and why there is none, in plain words, where the site
        counts on it or part of it is there.
    """
    if camera.type != "drone" or address.kind is not SourceKind.FILE:
        return None, None  # a live stream has no channel for telemetry
    path, flight = address.path, camera.flight or Flight()
    beside = sidecar(path, is_file)
    shown = beside or path
    try:
        samples, end = _told(_inside(address, stop) if beside is None else _read(beside, stop))
        whole = samples and not stop.is_set()
        track = _fitting(samples, flight, end, promised) if whole else None
    except _Unfit as why:
        return None, f"{shown}: nothing can be put on the map: its telemetry {why}"
    except (OSError, FFmpegError, SourceError) as error:
        return None, f"{shown}: its telemetry cannot be read ({error}); copy it again"
    if samples or stop.is_set() or (beside is None and camera.flight is None):
        return track, None  # a drone's recording without telemetry is a recording
    return None, (
        f"{shown}: holds no telemetry of a format that is read, so nothing can be put on"
        " the map; put the drone's .SRT file beside the recording"
    )


def _told(texts: Iterable[_Text]) -> tuple[list[Sample], float]:
    """What all texts tell, and the second at which the last of them ends."""
    samples: list[Sample] = []
    end, latest = 0.0, -inf
    for count, text in enumerate(texts, start=1):
        if count > _MOST:
            raise _Unfit(f"has more than {_MOST} texts; cut the recording into shorter ones")
        if text.at < latest - _BACK:
            raise _Unfit(
                f"goes back from {latest:.1f} s to {text.at:.1f} s, as if two flights were in one"
                " file; give each recording the .SRT file that the drone wrote with it"
            )
        latest = max(latest, text.at)
        if (sample := parse_text(text.content, text.at)) is not None:
            samples.append(sample)
            end = max(end, text.until)
    return samples, end


def _fitting(samples: list[Sample], flight: Flight, end: float, promised: float) -> Track:
    """The track of samples that end with the recording and of which some are whole."""
    if promised > 0 and abs(end - promised) > _APART:
        raise _Unfit(
            f"ends after {end:.1f} s, but the recording after {promised:.1f} s: one of them was cut"
            " or is of another flight; copy both from the drone again, uncut"
        )
    track = Track(samples, flight)
    if not len(track):
        [(why, _)] = Counter(sample.lacks(flight) for sample in samples).most_common(1)
        raise _Unfit(f"has {why}" if why else "leaps as no drone can fly; copy it again")
    return track


def _read(beside: Path, stop: Event) -> Iterator[_Text]:
    if beside.stat().st_size > _LARGEST:
        raise _too_large()
    with beside.open(encoding="utf-8-sig", errors="replace") as file:
        lines = iter(lambda: file.readline(_LONGEST), "")
        yield from _cues(takewhile(lambda _: not stop.is_set(), lines))


def _inside(address: Address, stop: Event) -> Iterator[_Text]:
    """Of the text stream; the pictures are passed over unread."""
    with open_container(address, "software") as container:
        texts = [s for s in container.streams.subtitles if s.codec.name in {"mov_text", "subrip"}]
        if not texts:
            return
        for stream in container.streams:
            stream.discard = Discard.all if stream is not texts[0] else Discard.default
        starts = [float((s.start_time or 0) * (s.time_base or 0)) for s in container.streams.video]
        began = min(starts, default=0.0)
        read = 0
        for packet in container.demux(texts[0]):
            if stop.is_set():
                return
            if (read := read + packet.size) > _LARGEST:
                raise _too_large()
            if packet.pts is None or packet.time_base is None:
                continue
            content = bytes(packet)
            if texts[0].codec.name == "mov_text":  # 3GPP TS 26.245: two bytes of length before
                content = content[2 : 2 + int.from_bytes(content[:2])]
            at = float(packet.pts * packet.time_base) - began
            until = at + float((packet.duration or 0) * packet.time_base)
            yield _Text(at, until, content[: 4 * _LONGEST].decode(errors="replace"))


def _too_large() -> _Unfit:
    return _Unfit(f"is larger than {_LARGEST >> 20} MiB; cut the recording into shorter ones")

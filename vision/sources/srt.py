"""SRT: reads the telemetry that DJI's drones write as subtitles, next to or in a recording."""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import takewhile
from math import inf
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
from vision.sources.srt_text import LONGEST, in_order, parse_text
from vision.sources.telemetry import Sample, Track

_LARGEST = 64 << 20
"""Bytes of text that are read: an hour of 60 texts a second, 250 bytes each, has 54 million."""
_MOST = 500_000
"""Texts that are read: two hours of 60 a second."""
_BACK = 1.0
"""Seconds by which a text may be shown before one that stands above it. Where it is more, two
flights stand in one file, each from 0."""
_APART = 2.0
"""Seconds between the ends of telemetry and recording above which they are not of one length. Some
models write texts only until a second before the end, and the slowest one text a second."""

_TIME = r"\s{0,4}(\d{1,3}):(\d{2}):(\d{2})[,.](\d{1,3})"
_CUE = re.compile(rf"{_TIME}\s{{0,4}}-->(?:{_TIME})?")


class _Unfit(Exception):  # noqa: N818 - never leaves this module: it carries a text
    """Why telemetry that can be read is not used, with what to do."""


class _Text(NamedTuple):
    """One cue: the seconds from and until which it is shown, and what it says."""

    at: float
    until: float
    content: str


class _Told(NamedTuple):
    """What texts tell, the second at which the last that does ends, and how many there are."""

    samples: list[Sample]
    end: float
    texts: int


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
    room = LONGEST
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
        parts, room = [], LONGEST
    if shown is not None:
        yield _Text(*shown, "".join(parts))


def _seconds(hours: str, minutes: str, seconds: str, parts: str) -> float:
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{parts}")


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
        told = _told(_inside(address, stop) if beside is None else _read(beside, stop))
        track = None
        if not stop.is_set() and (told.samples or beside is not None):
            track = _fitting(told, flight, promised)
    except _Unfit as why:
        return None, f"{shown}: nothing can be put on the map: its telemetry {why}"
    except (OSError, FFmpegError, SourceError) as error:
        return None, f"{shown}: its telemetry cannot be read ({error}); copy it again"
    if told.samples or stop.is_set() or camera.flight is None:
        return track, None  # a drone's recording without telemetry is a recording
    return None, (
        f"{shown}: holds no telemetry of a format that is read, so nothing can be put on"
        " the map; put the drone's .SRT file beside the recording"
    )


def _told(texts: Iterable[_Text]) -> _Told:
    samples: list[Sample] = []
    end, latest, count = 0.0, -inf, 0
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
    return _Told(samples, end, count)


def _fitting(told: _Told, flight: Flight, promised: float) -> Track:
    """The track of samples that end with the recording and of which some are whole."""
    samples, end, texts = told
    if not texts:
        raise _Unfit(
            "is no subtitles, as no text in it has a time (00:00:01,000 --> 00:00:02,000); copy"
            " from the drone again what it wrote"
        )
    if not samples:
        raise _Unfit(
            f"has {texts} texts, none with a position: this model writes none, or in a way that is"
            " not read"
        )
    if promised > 0 and abs(end - promised) > _APART:
        raise _Unfit(
            f"ends after {end:.1f} s, but the recording after {promised:.1f} s: one of them was cut"
            " or is of another flight; copy both from the drone again, uncut"
        )
    samples = in_order(samples, flight.gps_order)
    track = Track(samples, flight)
    if not len(track):
        [(why, _)] = Counter(sample.lacks(flight) for sample in samples).most_common(1)
        raise _Unfit(f"has {why}" if why else "leaps as no drone can fly; copy it again")
    return track


def _read(beside: Path, stop: Event) -> Iterator[_Text]:
    if (size := beside.stat().st_size) > _LARGEST:
        raise _too_large()
    if size == 0:
        raise _Unfit("is empty (0 bytes); copy it from the drone again")
    with beside.open("rb") as file:
        wide = file.read(2) in (BOM_UTF16_LE, BOM_UTF16_BE)
    # Of other codes, as GBK, what tells is ASCII.
    with beside.open(encoding="utf-16" if wide else "utf-8-sig", errors="replace") as file:
        lines = iter(lambda: file.readline(LONGEST), "")
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
            yield _Text(at, until, f"{content[: 4 * LONGEST].decode(errors='replace')}\n")


def _too_large() -> _Unfit:
    return _Unfit(f"is larger than {_LARGEST >> 20} MiB; cut the recording into shorter ones")

"""SRT: reads the telemetry that DJI's drones write as subtitles, next to or in a recording."""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator
from itertools import takewhile
from math import inf
from pathlib import Path
from threading import Event
from typing import NamedTuple

from av.stream import Discard

from vision.sources.address import Address
from vision.sources.container import open_container
from vision.sources.sample import Sample, Told, Unfit, later
from vision.sources.srt_text import LONGEST, parse_text

_LARGEST = 64 << 20
"""Bytes of text that are read: an hour of 60 texts a second, 250 bytes each, has 54 million."""
_MOST = 500_000
"""Texts that are read: two hours of 60 a second."""

_TIME = r"\s{0,4}(\d{1,3}):(\d{2}):(\d{2})[,.](\d{1,3})"
_CUE = re.compile(rf"{_TIME}\s{{0,4}}-->(?:{_TIME})?")


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


def read_beside(beside: Path, stop: Event) -> Told:
    """What the texts beside a recording tell, until it is stopped.

    Raises:
        Unfit: they are too large, or of two flights.
        OSError: they cannot be read.
    """
    return _told(_read(beside, stop))


def read_inside(address: Address, stop: Event) -> Told:
    """What the text stream of a recording tells, until it is stopped; nothing where it has none.

    Raises:
        Unfit: the texts are too large, or of two flights.
        SourceError, FFmpegError: it cannot be read.
    """
    return _told(_inside(address, stop))


def _told(texts: Iterable[_Text]) -> Told:
    samples: list[Sample] = []
    end, latest, count = 0.0, -inf, 0
    for count, text in enumerate(texts, start=1):
        if count > _MOST:
            raise Unfit(f"has more than {_MOST} texts; cut the recording into shorter ones")
        latest = later(text.at, latest)
        if (sample := parse_text(text.content, text.at)) is not None:
            samples.append(sample)
            end = max(end, text.until)
    return Told(samples, end, count)


def _read(beside: Path, stop: Event) -> Iterator[_Text]:
    if (size := beside.stat().st_size) > _LARGEST:
        raise _too_large()
    if size == 0:
        raise Unfit("is empty (0 bytes); copy it from the drone again")
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


def _too_large() -> Unfit:
    return Unfit(f"is larger than {_LARGEST >> 20} MiB; cut the recording into shorter ones")

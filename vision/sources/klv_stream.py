"""KLV stream: the MISB metadata that a recording carries beside its pictures (MISB ST 1402)."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from math import inf, isfinite, isnan, nan
from statistics import median
from threading import Event
from typing import Any, NamedTuple

from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard

from vision.sources.address import Address
from vision.sources.container import open_container
from vision.sources.klv import local_sets, sample, timestamp
from vision.sources.sample import Sample, Told, Unfit, later

_LARGEST = 256 << 20
"""Bytes of metadata that are read: two hours of 60 sets a second, 500 bytes each."""
_MOST = 500_000
"""Sets that are read: two hours of 60 a second."""
_OFF = 2.0
"""Seconds that a set may stand before or behind where its own time puts it, to be believed."""


class _Set(NamedTuple):
    """What a set tells; its own clock (seconds, NaN for none), its place in the file (bytes)."""

    sample: Sample
    clock: float
    place: int
    sure: bool = True
    """Whether the recording says when it is shown."""


def read_klv(address: Address, stop: Event) -> Told:
    """What a recording's stream of ST 0601 sets tells; nothing where it has none.

    Sets of synchronous metadata carry the pictures' time. Those of asynchronous metadata stand
    among the pictures that they were sent with, and are put where their own clock says, after the
    median of all.

    Raises:
        Unfit: there is a stream, but no whole set in it, or more than any flight's, or of two.
        SourceError, FFmpegError: it cannot be read.
    """
    with open_container(address, "software") as container:
        streams = [s for s in container.streams.data if s.name == "klv"]
        if not streams:
            return Told([], 0.0, 0)
        sets = _read(container, streams[0].index, stop)
    if stop.is_set():
        return Told([], 0.0, 0)
    if not sets:
        raise Unfit(
            "is a stream of MISB metadata without one whole set of ST 0601: it is empty, or each is"
            " cut, fails its checksum or is of another standard"
        )
    placed = _placed(sets)
    latest = -inf
    for one in placed:
        latest = later(one.at, latest)
    spacing = (latest - placed[0].at) / (len(placed) - 1) if len(placed) > 1 else 0.0
    return Told(placed, latest + spacing, len(placed))


def _read(container: InputContainer, index: int, stop: Event) -> list[_Set]:
    chosen = [*container.streams.video[:1], container.streams[index]]
    for stream in container.streams:
        stream.discard = Discard.default if stream in chosen else Discard.all
    starts = [float((s.start_time or 0) * (s.time_base or 0)) for s in container.streams.video]
    began, read = min(starts, default=0.0), 0
    sets, pictures = list[_Set](), list[tuple[int, float]]()
    for packet in container.demux(chosen):
        if stop.is_set():
            break
        at, place = _time(packet, began), packet.pos or 0
        if packet.stream_index != index:
            if at is not None:
                pictures.append((place, at))
            continue
        if (read := read + packet.size) > _LARGEST or len(sets) > _MOST:
            raise Unfit(f"has more than {_MOST} sets; cut the recording into shorter ones")
        first = nan
        for items in local_sets(bytes(packet)):
            clock = timestamp(items)
            first = first if isfinite(first) else clock
            behind = clock - first if isfinite(clock) and abs(clock - first) <= _OFF else 0.0
            sets.append(_Set(sample(items, nan if at is None else at + behind), clock, place))
    return _among(sets, pictures)


def _among(sets: list[_Set], pictures: list[tuple[int, float]]) -> list[_Set]:
    """Give sets without a time that of the picture before them in the file.

    By their places there: a picture is handed on only when the next one begins, later than a set
    that came behind it.
    """
    pictures.sort()
    places = [place for place, _ in pictures]
    found = list[_Set]()
    for one in sets:
        if isnan(one.sample.at):
            before = max(0, bisect_right(places, one.place) - 1)
            at = pictures[before][1] if pictures else 0.0
            found.append(one._replace(sample=replace(one.sample, at=at), sure=False))
        else:
            found.append(one)
    return found


def _time(packet: Packet[Any], began: float) -> float | None:
    ticks = packet.pts if packet.pts is not None else packet.dts
    if ticks is None or packet.time_base is None:
        return None
    return float(ticks * packet.time_base) - began


def _placed(sets: list[_Set]) -> list[Sample]:
    """The samples at their moments, see `read_klv`."""
    apart = [one.sample.at - one.clock for one in sets if not one.sure and isfinite(one.clock)]
    off = median(apart) if apart else nan
    placed = list[Sample]()
    for one in sets:
        meant = one.clock + off
        own = not one.sure and abs(meant - one.sample.at) <= _OFF
        placed.append(replace(one.sample, at=max(0.0, meant)) if own else one.sample)
    return placed

"""KLV live: takes the MISB metadata out of a live transport stream, beside its pictures.

Packets come in the order in which they were sent, and those of the pictures are handed on as they
come: nothing waits for metadata. A set's moment is its packet's time; one of asynchronous metadata,
which carries none, has that of the picture that came before it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from threading import Event
from typing import Any, cast

from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from vision.errors import SourceUnavailable
from vision.frames import Pose
from vision.sources.klv import local_sets, sample, timestamp
from vision.sources.live_poses import LivePoses, Moment
from vision.sources.telemetry import Making

_LAG_SENT_S = 0.5
"""Seconds, one deviation, by which a set without a time of its own may stand off its picture."""
_LAG_S = 0.2
"""The same of one that has the pictures' time: see `vision.sources.telemetry`."""
_SILENT_S = 30.0
"""Seconds of metadata without one picture before a stream is given up."""
_APART_S = 2.0


def klv_stream(container: InputContainer) -> Stream | None:
    """The stream of metadata beside the pictures; None where there is none."""
    return next((s for s in container.streams.data if s.name == "klv"), None)


class KlvLive:
    """The poses that a live stream carries itself.

    Args:
        stream: of the metadata.
        making: makes poses of samples.
        shown: the stream's address, without credentials.
    """

    def __init__(self, stream: Stream, making: Making, shown: str) -> None:
        self.stream = stream
        self._shown = shown
        self._timed = LivePoses(making, lag=_LAG_S)
        self._sent = LivePoses(making, lag=_LAG_SENT_S)
        self._picture = math.nan
        self._spoilt = 0

    def pictures(
        self, container: InputContainer, video: VideoStream, stop: Event
    ) -> Iterator[Packet[VideoStream]]:
        """The pictures' packets of the stream's container; what stands between them is taken in.

        Raises:
            SourceUnavailable: no picture comes.
        """
        since = time.monotonic()
        for packet in container.demux(video, self.stream):
            if packet.stream_index != self.stream.index:
                since = time.monotonic()
                at = _seconds(packet)
                self._picture = self._picture if at is None else at
                yield cast("Packet[VideoStream]", packet)
                continue
            self._take(packet)
            if stop.is_set():
                return
            if time.monotonic() - since > _SILENT_S:
                raise SourceUnavailable(
                    f"{self._shown}: sends metadata but no picture for {_SILENT_S:.0f} s; see"
                    " whether its camera still runs"
                )

    def pose(self, moment: Moment, width: int, height: int) -> Pose | None:
        """The pose of a picture; None where nothing new enough tells."""
        if moment.at is None:
            return None
        timed = self._timed.pose(moment.at, width, height)
        return timed or self._sent.pose(moment.at, width, height)

    @property
    def trouble(self) -> str | None:
        """Why it tells no pose, in plain words; None while all is well."""
        if not (self._timed.heard or self._sent.heard):
            if not self._spoilt:
                return None
            return f"{self._shown}: its metadata has no whole set of MISB ST 0601"
        why = (self._timed if self._timed.heard else self._sent).lacks
        said = f"{self._shown}: nothing can be put on the map: its telemetry has {why}"
        return said if why else None

    def close(self) -> None:
        """Nothing is held."""

    def _take(self, packet: Packet[Any]) -> None:
        at, first = _seconds(packet), math.nan
        poses, at = (self._sent, self._picture) if at is None else (self._timed, at)
        found = False
        for items in local_sets(bytes(packet)):
            found, clock = True, timestamp(items)
            first = first if math.isfinite(first) else clock
            behind = clock - first
            behind = behind if math.isfinite(behind) and abs(behind) <= _APART_S else 0.0
            poses.tell(sample(items, at + behind))
        self._spoilt += not found and packet.size > 0


def _seconds(packet: Packet[Any]) -> float | None:
    ticks = packet.pts if packet.pts is not None else packet.dts
    if ticks is None or packet.time_base is None:
        return None
    return float(ticks * packet.time_base)

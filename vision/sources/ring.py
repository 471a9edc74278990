"""Ring: a ring buffer of the last seconds of a live stream, as sent, for clips.

A `Take` is a clip in the making: what the ring held at a moment, and what is sent from then on.
"""

from __future__ import annotations

import io
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from threading import Lock
from typing import Protocol

import av
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from vision.errors import EvidenceError
from vision.sources.coded import Coded

MOST_BYTES = 24 << 20
"""Most bytes that one camera's ring holds, however many seconds that is."""
ANEW = "the connection was lost and made anew"
UNWATCHED = "the camera is not watched at this time"


class Clip(Protocol):
    """A clip that can be stored."""

    def mp4(self) -> bytes:
        """The clip as a file. Any thread may ask."""
        ...


@dataclass(frozen=True, slots=True)
class Recording:
    """Coded pictures in the order they were sent, the first one a key frame.

    Attributes:
        packets: as FFmpeg read them; each has its times.
        coded: how.
        since, until: when the first and the last one arrived (UTC).
    """

    packets: tuple[Packet[VideoStream], ...]
    coded: Coded
    since: datetime
    until: datetime

    def mp4(self) -> bytes:
        """The same bitstream in an MP4 file; nothing is decoded or coded anew.

        Raises:
            EvidenceError: FFmpeg cannot put this stream into MP4.
        """
        file = io.BytesIO()
        try:
            with av.open(file, "w", format="mp4") as output:
                output.metadata["creation_time"] = self.since.isoformat()
                stream = self.coded.add_to(output)
                base = self.packets[0].time_base or Fraction(1, 90_000)
                stream.time_base = base
                times = [p.pts for p in self.packets if p.pts is not None]
                # A last picture that lasts no time is one that players do not show.
                lasts = (max(times) - min(times)) // max(1, len(times) - 1) or 1
                last = -1 << 62
                for sent in self.packets:
                    if sent.pts is None:
                        continue
                    # The ring's own packets are shared, and writing changes a packet's times.
                    packet = Packet(bytes(sent))
                    packet.pts = sent.pts - min(times)
                    decoded = sent.dts - min(times) if sent.dts is not None else packet.pts
                    packet.dts = last = max(last + 1, decoded)
                    packet.duration, packet.time_base = lasts, base
                    packet.is_keyframe, packet.stream = sent.is_keyframe, stream
                    output.mux(packet)
        except (FFmpegError, ValueError) as error:
            raise EvidenceError(
                f"the clip could not be written ({error}); set the camera's `clip: 0s`, or its "
                "codec to H.264 or H.265"
            ) from error
        return file.getvalue()


class Take:
    """A clip in the making. Its ring fills it; any thread may ask.

    Attributes:
        before: what had been sent until the moment; None where no key frame had come.
        moment: Unix time in seconds; `seconds` is how long it goes on from there.
        ended_by: why it ended early; None if it did not.
    """

    def __init__(
        self,
        before: Recording | None,
        coded: Coded | None,
        moment: float,
        seconds: float,
        most_bytes: int,
    ) -> None:
        self.before, self.moment, self.seconds = before, moment, seconds
        self.ended_by: str | None = None
        self._coded = coded
        self._most_bytes = most_bytes
        self._lock = Lock()
        self._after: list[Packet[VideoStream]] = []
        self._since = self._until = moment
        self._size = 0
        self._over = seconds <= 0

    @property
    def over(self) -> bool:
        """Whether nothing more is added to it."""
        with self._lock:
            return self._over

    def add(self, packet: Packet[VideoStream], now: float) -> None:
        """Add what was sent `now`."""
        with self._lock:
            if self._over:
                return
            if self._size + packet.size > self._most_bytes:
                self._over, self.ended_by = True, f"more than {self._most_bytes >> 20} MB were sent"
                return
            if self._after or self.before is not None or packet.is_keyframe:
                self._since = self._since if self._after else now
                self._after.append(packet)
                self._size, self._until = self._size + packet.size, now
            self._over = now - self.moment >= self.seconds

    def end(self, why: str) -> None:
        """Add nothing more to it."""
        with self._lock:
            if not self._over:
                self._over, self.ended_by = True, why

    def recording(self) -> Recording | None:
        """What there is up to now; None before a key frame."""
        with self._lock:
            if self.before is not None:
                until = _utc(self._until) if self._after else self.before.until
                packets = (*self.before.packets, *self._after)
                return Recording(packets, self.before.coded, self.before.since, until)
            if not self._after or self._coded is None:
                return None
            return Recording(tuple(self._after), self._coded, _utc(self._since), _utc(self._until))


class Ring:
    """Keeps the latest packets, bounded in seconds and in bytes. Any thread may read it.

    The content always starts with a key frame, so it is up to one key-frame interval longer than
    `seconds`.

    Args:
        seconds: how far back; 0 keeps nothing.
        most_bytes: oldest parts go earlier where this would be passed.
        wall: this machine's clock, Unix time in seconds.
    """

    def __init__(
        self,
        seconds: float,
        *,
        most_bytes: int = MOST_BYTES,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._wall = wall
        self._lock = Lock()
        self._groups: deque[_Group] = deque()
        self._coded: Coded | None = None
        self._until = 0.0
        self._takes: list[Take] = []

    def begin(self, coded: Coded) -> None:
        """Start afresh for a new connection, which does not continue an earlier one."""
        self.forget(ANEW)
        with self._lock:
            self._coded = coded

    def forget(self, why: str = UNWATCHED) -> None:
        """Discard what was sent so far; clips in the making end here."""
        with self._lock:
            self._groups.clear()
            for take in self._takes:
                take.end(why)
            self._takes.clear()

    def keep(self, seconds: float, why: str) -> None:
        """Keep so many seconds from now on.

        Args:
            why: where it is none, what ends the clips in the making.
        """
        with self._lock:
            self._seconds = seconds
        if seconds <= 0:
            self.forget(why)

    def take(self, seconds: float) -> Take:
        """Begin a clip with what is kept now; it goes on for so many seconds.

        All the takes of a ring hold the same packets: three times `most_bytes` at the most, however
        many there are.
        """
        moment = self._wall()
        with self._lock:
            take = Take(self._content(), self._coded, moment, seconds, self._most_bytes)
            if not take.over:
                self._takes.append(take)
            return take

    def add(self, packet: Packet[VideoStream]) -> None:
        """Keep this packet; it arrives now. An empty one, the end of a stream, is none."""
        if not packet.size:
            return
        now = self._wall()
        with self._lock:
            if self._seconds <= 0:
                return
            if self._takes:
                for take in self._takes:
                    take.add(packet, now)
                self._takes = [take for take in self._takes if not take.over]
            if packet.is_keyframe and packet.pts is not None:
                self._groups.append(_Group(now, []))
            if not self._groups:
                return  # nothing can be decoded before a key frame
            self._groups[-1].packets.append(packet)
            self._groups[-1].size += packet.size
            self._until = now
            self._trim(now)

    def recording(self) -> Recording | None:
        """Return the content; None before the first key frame."""
        with self._lock:
            return self._content()

    def _content(self) -> Recording | None:
        if not self._groups or self._coded is None:
            return None
        packets = tuple(p for group in self._groups for p in group.packets)
        return Recording(packets, self._coded, _utc(self._groups[0].since), _utc(self._until))

    def _trim(self, now: float) -> None:
        size = sum(group.size for group in self._groups)
        while self._groups and (
            size > self._most_bytes
            or (len(self._groups) > 1 and now - self._groups[1].since >= self._seconds)
        ):
            size -= self._groups.popleft().size


@dataclass(slots=True)
class _Group:
    """A key frame and what was sent until the next one."""

    since: float
    packets: list[Packet[VideoStream]]
    size: int = 0


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

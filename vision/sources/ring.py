"""Ring: a ring buffer of the last seconds of a live stream, as sent, for clips."""

from __future__ import annotations

import io
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from threading import Lock

import av
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from vision.errors import EvidenceError

MOST_BYTES = 24 << 20
"""Most bytes that one camera's ring holds, however many seconds that is."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Coded pictures in the order they were sent, the first one a key frame.

    Attributes:
        packets: as FFmpeg read them; each has its times.
        codec: FFmpeg's name of the codec.
        width, height: pixels.
        since: when the first one arrived (UTC).
    """

    packets: tuple[Packet[VideoStream], ...]
    codec: str
    width: int
    height: int
    since: datetime

    def mp4(self) -> bytes:
        """The same bitstream in an MP4 file; nothing is decoded or coded anew.

        Raises:
            EvidenceError: FFmpeg cannot put this stream into MP4.
        """
        file = io.BytesIO()
        try:
            with av.open(file, "w", format="mp4") as output:
                output.metadata["creation_time"] = self.since.isoformat()
                stream = output.add_mux_stream(self.codec, width=self.width, height=self.height)
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


class Ring:
    """Keeps the latest packets, bounded in seconds and in bytes. Any thread may read it.

    The content always starts with a key frame, so it is up to one key-frame interval longer than
    `seconds`.

    Args:
        seconds: how far back.
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
        self._stream: tuple[str, int, int] | None = None

    def begin(self, codec: str, width: int, height: int) -> None:
        """Start afresh for a new connection, which does not continue an earlier one."""
        with self._lock:
            self._groups.clear()
            self._stream = (codec, width, height)

    def forget(self) -> None:
        """Discard what was sent so far."""
        with self._lock:
            self._groups.clear()

    def add(self, packet: Packet[VideoStream]) -> None:
        """Keep this packet; it arrives now."""
        now = self._wall()
        with self._lock:
            if packet.is_keyframe and packet.pts is not None:
                self._groups.append(_Group(now, []))
            if not self._groups:
                return  # nothing can be decoded before a key frame
            self._groups[-1].packets.append(packet)
            self._groups[-1].size += packet.size
            self._trim(now)

    def recording(self) -> Recording | None:
        """Return the content; None before the first key frame."""
        with self._lock:
            if not self._groups or self._stream is None:
                return None
            packets = tuple(p for group in self._groups for p in group.packets)
            since = datetime.fromtimestamp(self._groups[0].since, UTC)
            return Recording(packets, *self._stream, since)

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

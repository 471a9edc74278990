"""Timelines: capture times of pictures, and which of them are due for a look.

Presentation times (PTS) of real streams jump, wrap, run backwards, go missing and drift against
this machine's clock. The capture times made here never run backwards and never lie in the future.
"""

from __future__ import annotations

import math
import struct
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from av.packet import Packet
from av.video.stream import VideoStream

from vision.frames import Clock

_BELIEVABLE = 2.0
"""Seconds by which a camera's own wall clock may differ from arrival to date its frames: a second
that camera and network delay a picture (what lies longer is passed over, see `Backlog`), and one
for two clocks that are set by NTP. One that was never set says 1970, or is minutes wrong, and a
case must not carry that."""
LEAP_S = 60.0
"""A step of a recording's times longer than this (seconds) is a leap: a seam where parts were put
together, not a pause to be waited for. No camera that is watched sends less than one picture a
minute."""
# A step backwards longer than this (seconds) is a seam; pictures out of order differ by less.
_BACK = 1.0
# Steps from frame to frame (seconds) that may be a recording's rate, and neither noise nor a gap.
_INTERVALS = (0.001, 2.0)
# When this machine's own clock is set back by more than this (seconds), times follow it, backwards.
_SET_BACK = 2.0
_LONGEST = timedelta(days=1)
"""How long ago a recording that does not say when it was made began at least. Spliced ones are
longer than they say, and recorders put a day into one file at most."""
_AGES = 1e9  # seconds of a length that damage has written


class DueTimes:
    """Picks the frames to look at, by the time when they were sent, at `fps` looks per second.

    Time is divided into slots of 1/fps, the first frame standing in the middle of its own, and the
    first frame of each slot is due. So jitter of up to half a slot neither loses nor adds a look.
    """

    def __init__(self, fps: float) -> None:
        self._fps = fps
        self._start: float | None = None
        self._slot = 0

    def due(self, at: float) -> bool:
        """Whether the frame of `at` (seconds, any origin) is to be looked at."""
        if self._start is not None:
            slot = math.floor((at - self._start) * self._fps + 0.5)
            if slot in (self._slot, self._slot - 1):  # or a little out of order
                return False
            if slot > self._slot:
                self._slot = slot
                return True
        self._start, self._slot = at, 0  # the first frame, or time ran backwards: begin anew
        return True


class LiveClock:
    """Capture times of a live stream; never in the future, never running backwards.

    The stream's own wall clock is taken where it states one that is believable, else ours.
    """

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self._last = -math.inf

    def stamp(self, ago: float, own: float | None = None) -> tuple[datetime, Clock]:
        """When a frame was captured, and by which clock.

        Args:
            ago: seconds since it was sent, by its arrival; see `Backlog.sent`.
            own: Unix time at which it was captured by the stream itself, if it says so.
        """
        now = self._wall()
        if own is not None and abs(own - now) < _BELIEVABLE:
            return self._forward(min(own, now), now), Clock.STREAM
        return self._forward(now - max(0.0, ago), now), Clock.ARRIVAL

    def _forward(self, captured: float, now: float) -> datetime:
        if self._last - now > _SET_BACK:
            self._last = captured
        self._last = max(self._last, captured)
        return datetime.fromtimestamp(self._last, UTC)


class RecordingClock:
    """Capture times of a recording: its start plus presentation time since `origin` (seconds).

    If presentation time stands, runs backwards or is missing (spliced and damaged files), time
    continues by the last frame interval, as the rate that a container states may be anything.
    A leap ahead is followed, unless that would lead into the future.

    Args:
        start: when the recording began.
        interval: seconds between two frames, until they tell.
        origin: presentation time of the start.
        leap: longer steps ahead are leaps, seconds.
        wall: this machine's clock, Unix time in seconds.
    """

    def __init__(
        self,
        start: datetime,
        interval: float,
        origin: float = 0.0,
        *,
        leap: float = LEAP_S,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.part = 0
        """Leaps so far, ahead or back: frames on two sides of one are not continuous."""
        self.played = 0.0
        """Seconds that playing it takes up to the latest frame, leaps left out."""
        self._start = start.timestamp()
        self._interval = interval
        self._offset = -origin
        self._leap = leap
        self._wall = wall
        self._elapsed: float | None = None

    def elapsed(self, at: float | None) -> float:
        """Seconds since the start, for the frame presented at `at`; never decreases."""
        before = self._elapsed
        if before is None:
            self._elapsed = self.played = max(0.0, at + self._offset) if at is not None else 0.0
            return self._elapsed
        step = self._interval if at is None else at + self._offset - before
        leaps = step > self._leap
        self.part += leaps or step < -_BACK
        if at is not None and (step <= 0 or (leaps and self._start + before + step > self._wall())):
            step, leaps = self._interval, False
            self._offset = before + step - at
        elif _INTERVALS[0] < step < _INTERVALS[1]:
            self._interval = step
        self.played += self._interval if leaps else step
        self._elapsed = before + step
        return self._elapsed

    def stamp(self, elapsed: float) -> tuple[datetime, Clock]:
        """When the frame `elapsed` seconds after the start was captured; never in the future."""
        return datetime.fromtimestamp(min(self._start + elapsed, self._wall()), UTC), Clock.MEDIA


def recording_start(
    metadata: Mapping[str, str], lasts: float | None = None, written: float | None = None
) -> datetime:
    """When a recording began.

    `creation_time` is UTC by the container formats' definition; recorders that write local time
    there are wrong by their zone, which nothing in the file reveals. Apple's own tag has a zone.
    Some write the end there: no recording ends in the future. Where it says nothing, a recording
    that is played in real time begins now; another ended when its file was written, and began a
    day ago at the latest.

    Args:
        metadata: of the container.
        lasts: seconds until its end; 0 where nobody knows, None where it is played in real time.
        written: Unix time when its file was, where there is one.
    """
    now = datetime.now(UTC)
    before = timedelta(seconds=min(lasts or 0.0, _AGES))
    stated = stated_start(metadata)
    if stated is not None:
        return min(stated.astimezone(UTC), now - before)
    if lasts is None:
        return now
    ended = datetime.fromtimestamp(written, UTC) if written is not None else now
    return min(ended - before, now - _LONGEST)


def stated_start(metadata: Mapping[str, str]) -> datetime | None:
    """When a recording began by its own word, in the zone that it names; None where it is silent.

    Args:
        metadata: of the container.
    """
    now = datetime.now(UTC)
    for tag in ("com.apple.quicktime.creationdate", "creation_time", "DATE_UTC"):
        try:
            found = datetime.fromisoformat(metadata[tag])
        except (KeyError, ValueError):
            continue
        found = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        # Recorders without a clock write the epoch of 1904 or 1970.
        if found.year > 1971 and found <= now:
            return found
    return None


def own_time(packet: Packet[VideoStream]) -> float | None:
    """The sender's wall clock (Unix time, by RTCP sender reports) at a packet's presentation."""
    if not packet.has_sidedata("prft"):
        return None
    # AVProducerReferenceTime: int64 microseconds since 1970, int flags.
    (wall,) = struct.unpack_from("=q", bytes(packet.get_sidedata("prft")))
    return float(wall) / 1e6

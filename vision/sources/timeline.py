"""Timelines: when a picture was taken, and whether it is due to be looked at.

Presentation times (PTS) of real streams jump, wrap, run backwards, go missing and drift against
this machine's clock. What comes out of here never runs backwards.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from vision.frames import Clock

# A camera's own clock is believed when it agrees with ours this far (seconds): one that was never
# set says 1970 or the time since it started, and a case must not carry that.
_BELIEVABLE = 60.0
# How far a frame may seem older than its arrival (seconds) before the anchor is taken to be wrong:
# a stalled network delays by less, a jump or slow drift of the PTS exceeds it sooner or later.
_LATEST = 2.0
# Steps from frame to frame (seconds) that may be a recording's rate, and neither noise nor a gap.
_INTERVALS = (0.001, 2.0)
# When this machine's own clock is set back by more than this (seconds), times follow it, backwards.
_SET_BACK = 30.0


class DueTimes:
    """Picks the frames to look at, by presentation time, at `fps` looks per second.

    Time is divided into slots of 1/fps, the first frame standing in the middle of its own, and the
    first frame of each slot is due. So jitter of up to half a slot neither loses nor adds a look.
    """

    def __init__(self, fps: float) -> None:
        self._fps = fps
        self._start: float | None = None
        self._slot = 0

    def due(self, at: float) -> bool:
        """Whether the frame presented at `at` (seconds, any origin) is to be looked at."""
        if self._start is not None:
            slot = math.floor((at - self._start) * self._fps + 0.5)
            if slot == self._slot:
                return False
            if slot > self._slot:
                self._slot = slot
                return True
        self._start, self._slot = at, 0  # the first frame, or time ran backwards: begin anew
        return True


class LiveClock:
    """Capture times of a live stream.

    The stream's own wall clock is taken where it states one that is believable. Otherwise the
    frame that came through fastest anchors the PTS to this machine's clock, so that a frame is
    never dated after its arrival, a burst after a stall keeps its true spacing, and jumps, wraps
    and drift of the PTS move the anchor.
    """

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self._anchor: float | None = None
        self._last = -math.inf

    def stamp(self, at: float | None, own_anchor: float | None = None) -> tuple[datetime, Clock]:
        """When a frame was captured, and by which clock.

        Args:
            at: presentation time in seconds; None when the stream gives none.
            own_anchor: Unix time of presentation time 0 by the stream itself, if it says so.
        """
        now = self._wall()
        if at is not None and own_anchor is not None and abs(own_anchor + at - now) < _BELIEVABLE:
            return self._forward(own_anchor + at, now), Clock.STREAM
        captured = now
        if at is not None:
            anchor = now - at
            if self._anchor is None or not anchor - _LATEST <= self._anchor <= anchor:
                self._anchor = anchor
            captured = self._anchor + at
        return self._forward(captured, now), Clock.ARRIVAL

    def _forward(self, captured: float, now: float) -> datetime:
        if self._last - now > _SET_BACK:
            self._last = captured
        self._last = max(self._last, captured)
        return datetime.fromtimestamp(self._last, UTC)


class RecordingClock:
    """Capture times of a recording: its start plus presentation time since `origin` (seconds).

    Where presentation time stands, runs backwards or is missing (spliced and damaged files), time
    goes on by the frame interval before, as what a container says of its rate may be anything.
    """

    def __init__(self, start: datetime, interval: float, origin: float = 0.0) -> None:
        self._start = start.timestamp()
        self._interval = interval
        self._offset = -origin
        self._elapsed: float | None = None

    def elapsed(self, at: float | None) -> float:
        """Seconds since the start, for the frame presented at `at`; never decreases."""
        if self._elapsed is None:
            self._elapsed = max(0.0, at + self._offset) if at is not None else 0.0
        elif at is None:
            self._elapsed += self._interval
        else:
            if at + self._offset <= self._elapsed:
                self._offset = self._elapsed + self._interval - at
            elif _INTERVALS[0] < (step := at + self._offset - self._elapsed) < _INTERVALS[1]:
                self._interval = step
            self._elapsed = max(self._elapsed, at + self._offset)  # as floats round
        return self._elapsed

    def stamp(self, elapsed: float) -> tuple[datetime, Clock]:
        """When the frame `elapsed` seconds after the start was captured."""
        return datetime.fromtimestamp(self._start + elapsed, UTC), Clock.MEDIA


def recording_start(metadata: Mapping[str, str]) -> datetime:
    """When a recording began, by its metadata; now where it does not say.

    `creation_time` is UTC by the container formats' definition; recorders that write local time
    there are wrong by their zone, which nothing in the file reveals. Apple's own tag has a zone.
    """
    for tag in ("com.apple.quicktime.creationdate", "creation_time", "DATE_UTC"):
        try:
            found = datetime.fromisoformat(metadata[tag])
        except (KeyError, ValueError):
            continue
        found = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        if found.year > 1971:  # recorders without a clock write the epoch of 1904 or 1970
            return found.astimezone(UTC)
    return datetime.now(UTC)

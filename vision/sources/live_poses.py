"""LivePoses: where a moving camera is now, from telemetry that comes beside its pictures.

A picture is not held back for its telemetry. Its pose is that of the samples before and after where
both have come, else of the latest one: what the camera may have moved since, at its latest pace, is
in the deviations, and a sample older than `OLDEST_S` is no pose.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from threading import Lock
from typing import NamedTuple

from vision.frames import Clock, Pose
from vision.sources.sample import Sample
from vision.sources.telemetry import Making, Track

OLDEST_S = 3.0
"""Age of a sample beyond which it is no pose, seconds: of receivers that tell their place once a
second, two may be lost."""
_KEPT_S = 20.0
"""Seconds of samples that are kept: of playlists (HLS), telemetry comes a segment ahead."""
_MOST = 1000
_BACK_S = 1.0
"""By which a sender's time may go back; where it is more, it was started again."""
_PACE_S = 0.5
"""Seconds of samples from which a pace can be told."""


class Moment(NamedTuple):
    """When a picture was taken.

    Attributes:
        at: seconds on the stream's own time, or since a recording began; None where it has none.
        captured: Unix time.
        clock: what `captured` was read from.
    """

    at: float | None
    captured: float
    clock: Clock


class LivePoses:
    """The latest samples of one camera. One thread tells, another asks.

    Args:
        making: makes poses of samples.
        lag: seconds, one deviation, by which a sample may be of another moment than it says.
    """

    def __init__(self, making: Making, *, lag: float) -> None:
        self._making, self._lag = making, lag
        self._samples: deque[Sample] = deque(maxlen=_MOST)
        self._lacks: deque[str] = deque(maxlen=16)
        self._lock = Lock()
        self._track: Track | None = None
        self.heard = False
        """Whether anything has come so far."""

    def tell(self, sample: Sample) -> None:
        """Take in the next sample; its `at` is on the time that pictures are asked by.

        What lacks something, as a place (NaN, out of range, no satellites), counts as none.
        """
        if not math.isfinite(sample.at):
            return
        why = self._making.lacks(sample)
        with self._lock:
            self.heard = True
            self._lacks.append(why)
            if why:
                return
            if self._samples and sample.at < self._samples[-1].at - _BACK_S:
                self._samples.clear()
            self._samples.append(sample)
            while self._samples[0].at < sample.at - _KEPT_S:
                self._samples.popleft()
            self._track = None

    def pose(self, at: float, width: int, height: int) -> Pose | None:
        """The pose of a picture taken at `at`, of this many pixels."""
        with self._lock:
            if self._track is None:
                samples = list(self._samples)
                self._track = Track(samples, self._making, lag=self._lag, reach=OLDEST_S)
            track = self._track
        # From less no pace can be told, nor how far a sample that is late may be off.
        return track.pose(at, width, height) if track.spans >= _PACE_S else None

    @property
    def lacks(self) -> str:
        """What all of the latest samples lack, in plain words; "" if one lacks nothing."""
        with self._lock:
            told = list(self._lacks)
        return "" if "" in told or not told else Counter(told).most_common(1)[0][0]

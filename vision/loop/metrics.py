"""Metrics of the loop: a protocol of hooks, and counters that implement it."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import accumulate
from threading import Lock
from typing import Protocol

import numpy as np

from vision.frames import Clock, Frame

RECENT = 1000
"""Ages kept for percentiles: the latest this many deliveries."""
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the histograms' buckets, in seconds."""


class Step(StrEnum):
    """What the loop does with a batch or a frame, one after the other."""

    SUBMIT = "submit"
    """A batch is scaled into the engine's memory and given to it."""
    INFER = "infer"
    """From then until its detections are there. Batches overlap where the engine lets them, so
    these times do not add up to wall time."""
    ATTRIBUTES = "attributes"
    """More is read from a frame: a truck's load."""
    DELIVER = "deliver"
    """A frame is tracked and the rules decide."""


class LoopObserver(Protocol):
    """Hooks that the loop calls from its own thread. They must be quick and must not raise."""

    def batched(self, size: int) -> None:
        """A batch of `size` pictures is done."""
        ...

    def spent(self, step: Step, seconds: float) -> None:
        """A step took this many seconds."""
        ...

    def delivered(self, camera: str, age_s: float | None) -> None:
        """A frame was delivered at this age; None for a recording, whose clock is its own."""
        ...

    def reused(self, camera: str) -> None:
        """A frame of this camera needed no inference: earlier detections were reused."""
        ...

    def failed(self, camera: str, error: Exception) -> None:
        """A frame of this camera could not be inferred, read further or delivered."""
        ...

    def restarted(self, error: Exception) -> None:
        """The engine failed with `error` and is being started again."""
        ...


@dataclass(frozen=True, slots=True)
class Histogram:
    """A histogram of durations.

    Attributes:
        counts: number of values up to each of `SECONDS` and above the one before; the last number
            is of those above all.
        total: sum of the values, in seconds.
    """

    counts: tuple[int, ...] = (0,) * (len(SECONDS) + 1)
    total: float = 0.0

    def cumulative(self) -> list[tuple[str, float]]:
        """Upper bound and number of values up to it, as Prometheus counts."""
        bounds = [*(str(bound) for bound in SECONDS), "+Inf"]
        return list(zip(bounds, map(float, accumulate(self.counts)), strict=True))


@dataclass(frozen=True, slots=True)
class LoopCounts:
    """A consistent snapshot of `LoopCounters`.

    Attributes:
        batches: number of batches by their size.
        spent: how long each step took.
        age: of live frames at delivery, since their capture.
        delivered: frames delivered without an error, by camera.
        reused: frames by camera that reused an earlier look's detections; they are delivered too.
        failed: errors by camera; `last_error` is the latest in words.
        restarts: times the engine was started again.
        age_p50_s, age_p95_s: of live frames at delivery, over the latest 1000; None before one.
    """

    batches: dict[int, int] = field(default_factory=dict)
    spent: dict[Step, Histogram] = field(default_factory=dict)
    age: Histogram = Histogram()
    delivered: dict[str, int] = field(default_factory=dict)
    reused: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    last_error: dict[str, str] = field(default_factory=dict)
    restarts: int = 0
    age_p50_s: float | None = None
    age_p95_s: float | None = None

    @property
    def frames(self) -> int:
        """Pictures that went through the engine in batches that succeeded; a tile is one too."""
        return sum(size * number for size, number in self.batches.items())


class LoopCounters:
    """A `LoopObserver` that counts. Any thread may read."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._batches: Counter[int] = Counter()
        self._delivered: Counter[str] = Counter()
        self._reused: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._last_error: dict[str, str] = {}
        self._spent = {step: _Growing() for step in Step}
        self._age = _Growing()
        self._restarts = 0
        self._ages: deque[float] = deque(maxlen=RECENT)

    def batched(self, size: int) -> None:
        """See `LoopObserver`."""
        with self._lock:
            self._batches[size] += 1

    def spent(self, step: Step, seconds: float) -> None:
        """See `LoopObserver`."""
        with self._lock:
            self._spent[step].add(seconds)

    def delivered(self, camera: str, age_s: float | None) -> None:
        """See `LoopObserver`."""
        with self._lock:
            self._delivered[camera] += 1
            if age_s is not None:
                self._ages.append(age_s)
                self._age.add(age_s)

    def reused(self, camera: str) -> None:
        """See `LoopObserver`."""
        with self._lock:
            self._reused[camera] += 1

    def failed(self, camera: str, error: Exception) -> None:
        """See `LoopObserver`."""
        with self._lock:
            self._failed[camera] += 1
            self._last_error[camera] = str(error) or type(error).__name__

    def restarted(self, error: Exception) -> None:  # noqa: ARG002 - part of the protocol
        """See `LoopObserver`."""
        with self._lock:
            self._restarts += 1

    def forget(self, cameras: Iterable[str]) -> None:
        """Count no longer what was of cameras that have left."""
        with self._lock:
            for of in (self._delivered, self._reused, self._failed, self._last_error):
                for camera in cameras:
                    of.pop(camera, None)

    def counts(self) -> LoopCounts:
        """What was counted so far."""
        with self._lock:
            ages = np.percentile(list(self._ages), (50, 95)).tolist() if self._ages else None
            return LoopCounts(
                batches=dict(self._batches),
                spent={step: grown.histogram() for step, grown in self._spent.items()},
                age=self._age.histogram(),
                delivered=dict(self._delivered),
                reused=dict(self._reused),
                failed=dict(self._failed),
                last_error=dict(self._last_error),
                restarts=self._restarts,
                age_p50_s=ages[0] if ages else None,
                age_p95_s=ages[1] if ages else None,
            )


class _Growing:
    """A histogram that values are added to."""

    def __init__(self) -> None:
        self._counts = [0] * (len(SECONDS) + 1)
        self._total = 0.0

    def add(self, seconds: float) -> None:
        self._counts[bisect_left(SECONDS, seconds)] += 1
        self._total += seconds

    def histogram(self) -> Histogram:
        return Histogram(tuple(self._counts), self._total)


def age_s(frame: Frame) -> float | None:
    """Seconds since a frame was taken; None where its clock is a recording's or a photo's."""
    if frame.clock in (Clock.MEDIA, Clock.PHOTO):
        return None
    # A camera's own clock may be ahead of ours.
    return max(0.0, (datetime.now(UTC) - frame.captured_at).total_seconds())

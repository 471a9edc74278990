"""What the loop tells of itself: a protocol of hooks, and counters that implement it."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol

import numpy as np

RECENT = 1000
"""Ages kept for percentiles: the latest this many deliveries."""


class LoopObserver(Protocol):
    """Hooks that the loop calls from its own thread. They must be quick and must not raise."""

    def batched(self, size: int, infer_s: float) -> None:
        """A batch of `size` pictures is done, `infer_s` seconds after it was given to the engine.

        Batches overlap where the engine lets them, so these times do not add up to wall time.
        """
        ...

    def delivered(self, camera: str, age_s: float | None) -> None:
        """A frame was delivered at this age; None for a recording, whose clock is its own."""
        ...

    def stood(self, camera: str) -> None:
        """A frame of this camera needed no look: what was seen before stands for it."""
        ...

    def failed(self, camera: str, error: Exception) -> None:
        """A frame of this camera could not be inferred, read further or delivered."""
        ...

    def restarted(self, error: Exception) -> None:
        """The engine failed with `error` and is being started again."""
        ...


@dataclass(frozen=True, slots=True)
class LoopCounts:
    """A consistent snapshot of `LoopCounters`.

    Attributes:
        batches: number of batches by their size.
        infer_s: sum of the batches' times, in seconds.
        delivered: frames delivered without an error, by camera.
        stood: frames by camera for which an earlier look stood; they are delivered too.
        failed: errors by camera; `last_error` is the latest in words.
        restarts: times the engine was started again.
        age_p50_s, age_p95_s: of live frames at delivery, over the latest 1000; None before one.
    """

    batches: dict[int, int] = field(default_factory=dict)
    infer_s: float = 0.0
    delivered: dict[str, int] = field(default_factory=dict)
    stood: dict[str, int] = field(default_factory=dict)
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
        self._stood: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._last_error: dict[str, str] = {}
        self._infer_s = 0.0
        self._restarts = 0
        self._ages: deque[float] = deque(maxlen=RECENT)

    def batched(self, size: int, infer_s: float) -> None:
        """See `LoopObserver`."""
        with self._lock:
            self._batches[size] += 1
            self._infer_s += infer_s

    def delivered(self, camera: str, age_s: float | None) -> None:
        """See `LoopObserver`."""
        with self._lock:
            self._delivered[camera] += 1
            if age_s is not None:
                self._ages.append(age_s)

    def stood(self, camera: str) -> None:
        """See `LoopObserver`."""
        with self._lock:
            self._stood[camera] += 1

    def failed(self, camera: str, error: Exception) -> None:
        """See `LoopObserver`."""
        with self._lock:
            self._failed[camera] += 1
            self._last_error[camera] = str(error) or type(error).__name__

    def restarted(self, error: Exception) -> None:  # noqa: ARG002 - part of the protocol
        """See `LoopObserver`."""
        with self._lock:
            self._restarts += 1

    def counts(self) -> LoopCounts:
        """What was counted so far."""
        with self._lock:
            ages = np.percentile(list(self._ages), (50, 95)).tolist() if self._ages else None
            return LoopCounts(
                batches=dict(self._batches),
                infer_s=self._infer_s,
                delivered=dict(self._delivered),
                stood=dict(self._stood),
                failed=dict(self._failed),
                last_error=dict(self._last_error),
                restarts=self._restarts,
                age_p50_s=ages[0] if ages else None,
                age_p95_s=ages[1] if ages else None,
            )

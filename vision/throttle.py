"""Throttle: of what may come hundreds of times a second, one of each kind in a while."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from threading import Lock

PERIOD_S = 60.0
"""A kind passes again after this long."""
_MOST_KINDS = 1000


class Throttle:
    """Lets one of each kind pass in a period, and counts the others. Any thread may use it.

    Only so many kinds are remembered, the latest.

    Args:
        period_s: seconds.
        clock: seconds that only grow.
    """

    def __init__(
        self, *, period_s: float = PERIOD_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._period_s = period_s
        self._clock = clock
        self._lock = Lock()
        self._passed: dict[Hashable, tuple[float, int]] = {}

    def held_back(self, kind: Hashable) -> int | None:
        """How many of this kind were held back before this one passes; None if it does not."""
        now = self._clock()
        with self._lock:
            last, held = self._passed.get(kind, (None, 0))
            if last is not None and now - last < self._period_s:
                self._passed[kind] = last, held + 1
                return None
            if len(self._passed) >= _MOST_KINDS:
                self._passed.pop(next(iter(self._passed)))
            self._passed.pop(kind, None)
            self._passed[kind] = now, 0
            return held

    def __len__(self) -> int:
        """How many kinds are remembered."""
        return len(self._passed)

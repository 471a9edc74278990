"""Restarts: the limit and back-off of engine restarts."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

PERIOD_S = 600.0
"""Period in which restarts count towards the limit; further apart, they are separate faults."""
PAUSES_S = (1.0, 10.0, 60.0)
"""Seconds before each restart in that time: a driver that resets its device needs some."""


class Restarts:
    """Counts the restarts of the last ten minutes.

    Args:
        most: most restarts in ten minutes.
        clock: monotonic seconds.
    """

    def __init__(
        self, most: int = len(PAUSES_S), *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.most = most
        self._clock = clock
        self._at: deque[float] = deque()

    def next_pause(self) -> float | None:
        """Seconds to wait before the next restart; None when there were too many."""
        while self._at and self._clock() - self._at[0] > PERIOD_S:
            self._at.popleft()
        if len(self._at) >= self.most:
            return None
        return PAUSES_S[min(len(self._at), len(PAUSES_S) - 1)]

    def count(self) -> None:
        """Count a restart now."""
        self._at.append(self._clock())

"""BackOff: the pause before a server that has died is started again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

FIRST_S = 0.5
"""Pause after a death by itself: cameras are back as soon as the model is loaded."""
LONGEST_S = 30.0
"""Pause before a server that dies again and again: it keeps no core busy with loading."""
REMEMBERED_S = 60.0
"""For how long a death counts."""


class BackOff:
    """Doubles the pause for each other death of the last minute; never gives up.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._deaths: deque[float] = deque()

    def after_death(self) -> float:
        """Count a death now; seconds to wait before the next start."""
        now = self._clock()
        self._deaths.append(now)
        while now - self._deaths[0] > REMEMBERED_S:
            self._deaths.popleft()
        return min(LONGEST_S, FIRST_S * 2.0 ** (len(self._deaths) - 1))

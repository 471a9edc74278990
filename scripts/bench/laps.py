"""Laps: frames per second, without those at the start."""

from __future__ import annotations

import time

from vision.errors import SourceBroken

SKIPPED = 10
"""Frames at the start of each measurement that do not count: opening, first allocations."""
LEAST = 30
"""Fewest frames that are worth measuring."""


class Laps:
    """Frames per second from frame number `SKIPPED` to the last."""

    def __init__(self) -> None:
        self._count = 0
        self._first = self._last = 0.0

    def tick(self) -> None:
        """A frame is done."""
        self._last = time.perf_counter()
        self._count += 1
        if self._count == SKIPPED:
            self._first = self._last

    def fps(self) -> float:
        """Frames per second.

        Raises:
            SourceBroken: there were too few.
        """
        if self._count < LEAST:
            raise SourceBroken(
                f"only {self._count} frames could be measured; give a clip of {LEAST} or more"
            )
        return (self._count - SKIPPED) / (self._last - self._first)

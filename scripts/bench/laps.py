"""Laps: frames per second, without those at the start."""

from __future__ import annotations

import time

from vision.errors import SourceBroken

SKIPPED = 10
"""Frames at the start of each measurement that do not count: opening, first allocations."""
LEAST = 30
"""Fewest frames that are worth measuring."""


class Laps:
    """Frames per second from frame number `SKIPPED` to the last.

    Args:
        streams: recordings that run at once; `SKIPPED` and `LEAST` are of each.
    """

    def __init__(self, streams: int = 1) -> None:
        self._skipped, self._least = SKIPPED * streams, LEAST * streams
        self._count = 0
        self._first = self._last = 0.0

    def tick(self, *_: object) -> None:
        """A frame is done."""
        self._last = time.perf_counter()
        self._count += 1
        if self._count == self._skipped:
            self._first = self._last

    def fps(self) -> float:
        """Frames per second.

        Raises:
            SourceBroken: there were too few.
        """
        if self._count < self._least:
            raise SourceBroken(
                f"only {self._count} frames could be measured; give a clip of {LEAST} or more"
            )
        return (self._count - self._skipped) / (self._last - self._first)

"""BackOff: when what has failed may be tried again: later each time, and never all at once."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from vision.errors import SourceError


class BackOff:
    """Waits that double from `first` to `last` seconds, each drawn from its upper half.

    For whoever holds the desk's lock. The jitter keeps cameras, and processes, that failed
    together from trying again together.

    Attributes:
        failure: the latest; None where all is well.
    """

    def __init__(
        self, first: float, last: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.failure: SourceError | None = None
        self._first, self._last, self._clock = first, last, clock
        self._times = 0
        self._until = 0.0

    def failed(self, failure: SourceError) -> None:
        """Count a failure."""
        longest = min(self._last, self._first * 2.0 ** min(self._times, 20))
        self._until = self._clock() + longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        self._times += 1
        self.failure = failure

    def succeeded(self) -> None:
        """All is well again."""
        self.failure, self._times, self._until = None, 0, 0.0

    @property
    def left(self) -> float:
        """Seconds until it may be tried; 0 now."""
        return max(0.0, self._until - self._clock())

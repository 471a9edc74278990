"""ThrottledLog: rate limit of the error log: each kind of error is logged once a minute."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Lock

PERIOD_S = 60.0
"""A kind is logged again after this long, with how often it occurred meanwhile."""
_MOST_KINDS = 1000


class ThrottledLog:
    """Logs errors with their traceback, one of each kind in a period. Any thread may use it.

    A kind is the place and the error's type: a camera whose rule fails at every look does not fill
    the disk, and does not hide failures elsewhere.

    Args:
        log: where to.
        period_s: seconds.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        log: logging.Logger,
        *,
        period_s: float = PERIOD_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._period_s = period_s
        self._clock = clock
        self._lock = Lock()
        self._told: dict[tuple[str, type[BaseException]], tuple[float, int]] = {}

    def traced(self, where: str, error: BaseException) -> None:
        """Log an unexpected error with its traceback."""
        self._tell(logging.ERROR, where, error, trace=True)

    def in_words(self, where: str, error: BaseException) -> None:
        """Log an expected error by its message alone."""
        self._tell(logging.WARNING, where, error, trace=False)

    def _tell(self, level: int, where: str, error: BaseException, *, trace: bool) -> None:
        passed = self._due(where, type(error))
        if passed is None:
            return
        more = f" (and {passed} times more since it was last told)" if passed else ""
        what = f"{type(error).__name__}: {error}" if trace else str(error)
        self._log.log(level, "%s: %s%s", where, what, more, exc_info=error if trace else None)

    def _due(self, where: str, kind: type[BaseException]) -> int | None:
        """How many of this kind were suppressed; None if it was logged within the period."""
        now, key = self._clock(), (where, kind)
        with self._lock:
            last, passed = self._told.get(key, (None, 0))
            if last is not None and now - last < self._period_s:
                self._told[key] = last, passed + 1
                return None
            if len(self._told) >= _MOST_KINDS:
                self._told.pop(next(iter(self._told)))
            self._told.pop(key, None)
            self._told[key] = now, 0
            return passed

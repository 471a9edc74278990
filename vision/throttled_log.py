"""ThrottledLog: errors that may come hundreds of times a second, each kind told once a minute."""

from __future__ import annotations

import logging

from vision.throttle import Throttle


class ThrottledLog:
    """Logs errors with their traceback, one of each kind a minute. Any thread may use it.

    A kind is where it happened and the error's type: a camera whose rule fails at every look fills
    no disk, and does not hide what fails elsewhere.

    Args:
        log: where to.
        throttle: what passes.
    """

    def __init__(self, log: logging.Logger, throttle: Throttle | None = None) -> None:
        self._log = log
        self._throttle = throttle if throttle is not None else Throttle()

    def traced(self, where: str, error: BaseException) -> None:
        """Log an error that nobody expected, with its traceback."""
        self._tell(logging.ERROR, where, error, trace=True)

    def in_words(self, where: str, error: BaseException) -> None:
        """Log an error whose message says all that there is to know."""
        self._tell(logging.WARNING, where, error, trace=False)

    def _tell(self, level: int, where: str, error: BaseException, *, trace: bool) -> None:
        held = self._throttle.held_back((where, type(error)))
        if held is None:
            return
        more = f" (and {held} times more since it was last told)" if held else ""
        what = f"{type(error).__name__}: {error}" if trace else str(error)
        self._log.log(level, "%s: %s%s", where, what, more, exc_info=error if trace else None)

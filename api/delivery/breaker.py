"""Breaker: how many attempts at once a receiver gets, by how it answered the last ones.

A receiver that fails several times in a row is left alone for a pause that grows, then asked with
one attempt; when it answers, attempts double with each answer up to the most. So thousands of
waiting deliveries do not each call at a receiver that is down, and it is flooded neither when it
comes back. An answer that refuses an event (4xx) is an answer: the receiver is there.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from api.delivery.outcome import Outcome, Result

_BUSY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
"""Answers below 500 that say nothing about the event."""
_LATER = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
"""Answers whose `Retry-After` is about the receiver (RFC 9110 15.6.4, RFC 6585 4)."""
_JITTER = 0.2


@dataclass(frozen=True, slots=True)
class Pace:
    """How a receiver is treated; the values are the product's.

    Attributes:
        most: attempts at once.
        failures: so many in a row, and it is left alone.
        first: the first pause.
        longest: pauses double up to this.
        longest_asked: a `Retry-After` keeps every delivery back for no longer than this.
    """

    most: int = 8
    failures: int = 5
    first: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(seconds=60)
    longest_asked: timedelta = timedelta(minutes=5)


class Breaker:
    """One receiver's. Not for several threads.

    Args:
        pace: its limits.
        clock: seconds that only grow.
    """

    def __init__(self, pace: Pace, clock: Callable[[], float] = time.monotonic) -> None:
        self._pace = pace
        self._clock = clock
        self._width = pace.most
        self._failed = 0
        self._pause = pace.first
        self._until = self._asked = clock()
        self._since: datetime | None = None
        self._long = False

    def room(self, under_way: int) -> int:
        """How many more attempts may begin now.

        Args:
            under_way: how many have begun and not ended.
        """
        return 0 if self.wait_s() > 0 else max(0, self._width - under_way)

    def wait_s(self) -> float:
        """Seconds until the receiver is to be asked again; 0 when it may be asked."""
        return max(0.0, self._until - self._clock())

    def note(self, outcome: Outcome) -> datetime | None:
        """Take in how an attempt ended.

        Returns:
            When the receiver began to fail (UTC), if it had been left alone for long and is back.
        """
        if outcome.result is Result.REFUSED:  # by us: the receiver was not asked
            return None
        if not _is_trouble(outcome):
            return self._answered()
        if self._since is None:
            self._since = datetime.now(UTC)
        if outcome.status in _LATER and outcome.retry_after is not None:
            self._hold(min(outcome.retry_after, self._pace.longest_asked))
            self._asked = self._until
            self._failed += 1
        elif self.wait_s() == 0:  # else it began before the pause
            self._failed += 1
            if self._failed >= self._pace.failures:
                self._hold(self._pause * (1 + random.random() * _JITTER))  # noqa: S311
                self._long = self._long or self._pause >= self._pace.longest
                self._pause = min(2 * self._pause, self._pace.longest)
        return None

    def _hold(self, wait: timedelta) -> None:
        self._width = 1
        self._until = max(self._until, self._clock() + wait.total_seconds())

    def _answered(self) -> datetime | None:
        since = self._since if self._long else None
        self._until = self._asked  # one from before the pause got through: it is over
        self._width = min(2 * self._width, self._pace.most)
        self._failed, self._pause, self._since, self._long = 0, self._pace.first, None, False
        return since


def _is_trouble(outcome: Outcome) -> bool:
    """Whether it says something about the receiver rather than about the event."""
    if outcome.result is not Result.FAILED:
        return False
    return outcome.status is None or outcome.status >= 500 or outcome.status in _BUSY

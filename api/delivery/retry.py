"""RetryPolicy: the back-off schedule of failed deliveries, until they are dead letters."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta

# The schedule of the Standard Webhooks specification ("Retry schedule"), after the first attempt.
STANDARD_WAITS = tuple(
    timedelta(seconds=s) for s in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
LONGEST_RETRY_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Waits after each failure; `jitter` lengthens each by up to this share, at random.

    A `Retry-After` counts up to `longest_asked`.
    """

    waits: tuple[timedelta, ...] = STANDARD_WAITS
    jitter: float = 0.2
    longest_asked: timedelta = LONGEST_RETRY_AFTER

    def wait(self, failures: int, retry_after: timedelta | None = None) -> timedelta | None:
        """Return the wait after this many failures (from 1); None makes it a dead letter.

        A receiver's `Retry-After` can lengthen the wait, up to `longest_asked`, never shorten it.
        """
        if failures > len(self.waits):
            return None
        planned = self.waits[failures - 1] * (1 + random.random() * self.jitter)  # noqa: S311
        if retry_after is None:
            return planned
        return max(planned, min(retry_after, self.longest_asked))

"""RateLimit: token buckets, by key or user and by address, of one process."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from api.access.backoff import network

MOST_BUCKETS = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests: so many at once, and so many a second from then on."""

    burst: int
    per_s: float


PER_HOLDER = Rate(burst=2_000, per_s=150.0)
"""Of one key or user. The console's dearest view asks every 4 s for each camera's picture: 500
cameras are 125 requests a second. One process answers some hundred a second in all."""
PER_ADDRESS = Rate(burst=8_000, per_s=600.0)
"""Of one address: a bureau behind one, with a hundred reviewers (2 requests every 4 s and a case's
pictures now and then), is far below. It keeps one stranger from taking all workers."""


class RateLimit:
    """Says how long a request has to wait. Not thread-safe: only the server's event loop uses it.

    Only a limited number of buckets is kept, the latest; one that was forgotten is full again.
    """

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, name: str) -> int:
        """Take a token: 0, or whole seconds until there is one."""
        now = self._clock()
        tokens, at = self._buckets.pop(name, (float(self._rate.burst), now))
        tokens = min(self._rate.burst, tokens + (now - at) * self._rate.per_s)
        allowed = tokens >= 1
        self._buckets[name] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        return 0 if allowed else max(1, math.ceil((1 - tokens) / self._rate.per_s))


class RateLimits:
    """The buckets of one server."""

    def __init__(self, holder: Rate = PER_HOLDER, address: Rate = PER_ADDRESS) -> None:
        self._holders = RateLimit(holder)
        self._addresses = RateLimit(address)

    def of_address(self, address: str) -> int:
        """Whole seconds until this address (an IPv6 /64) may ask again; 0 if it may now."""
        return self._addresses.wait_s(network(address))

    def of_holder(self, key_id: str) -> int:
        """Whole seconds until this key or user may ask again; 0 if they may now."""
        return self._holders.wait_s(key_id)

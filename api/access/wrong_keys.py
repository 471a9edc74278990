"""WrongKeys: rate limit for wrong keys, by address, with exponential back-off."""

from __future__ import annotations

import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from api.access.backoff import FORGOTTEN_AFTER_S, LONGEST_WAIT_S, network, wait_after

LOG = logging.getLogger("streetwarden.api")
FREE = 5
"""Wrong keys in a row that cost nothing: people mistype."""
MOST_ADDRESSES = 10_000


@dataclass(slots=True)
class _Record:
    count: int = 0
    last: float = 0.0
    until: float = 0.0


class WrongKeys:
    """Counts wrong keys by address; after the first few each doubles the wait, up to 5 minutes.

    An IPv6 address is counted by its /64, which is what one subscriber has. Only a limited number
    of addresses is kept, the latest. Not thread-safe: only the server's event loop uses it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def wait_s(self, address: str) -> int:
        """Whole seconds until this address may try again; 0 if it may now."""
        record = self._records.get(network(address))
        return max(0, math.ceil(record.until - self._clock())) if record else 0

    def count(self, address: str) -> None:
        """Note a wrong key, and log it when it makes the address wait or wait longer."""
        now, name = self._clock(), network(address)
        record = self._records.pop(name, None)
        if record is None or now - record.last > FORGOTTEN_AFTER_S + LONGEST_WAIT_S:
            record = _Record()
        self._records[name] = record
        if len(self._records) > MOST_ADDRESSES:
            self._records.popitem(last=False)
        record.count += 1
        record.last = now
        if record.count == 1:
            LOG.warning("a wrong access key from %s", name)
        if record.count > FREE and record.until <= now:
            wait = wait_after(record.count, FREE)
            record.until = now + wait
            LOG.warning(
                "wrong access keys from %s: %d by now; it waits %.0f s", name, record.count, wait
            )

"""Lane: one receiver's deliveries, several at once, each case's in order.

What is due is claimed in one transaction, as many as the receiver may get now (`Breaker`); what has
ended meanwhile is settled in one. A lane sleeps until an attempt ends, a row is added in this
process, the next retry is due, or for half a minute (rows may also be added by another process).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from api.delivery.breaker import Breaker, Pace
from api.delivery.claim import Claim
from api.delivery.outcome import Outcome, Result
from api.delivery.queue import DeliveryQueue
from api.delivery.retry import RetryPolicy
from api.delivery.sender import Sender
from api.errors import DatabaseUnavailable, SiteKeyError
from vision.throttled_log import ThrottledLog

LOG = logging.getLogger("streetwarden.outbox")
_TROUBLE = ThrottledLog(LOG)
LONGEST_SLEEP_S = 30.0
_FIRST_PAUSE_S = 1.0
"""Pause after an error of the worker itself; it doubles up to the longest sleep."""


class Lane:
    """Sends what waits for one receiver, in one task of the worker's event loop.

    Args:
        name: the receiver.
        queue: what waits.
        sender: makes a new sender.
        retry: when again.
        pace: how many at once.
    """

    def __init__(
        self,
        name: str,
        queue: DeliveryQueue,
        sender: Callable[[], Sender],
        retry: RetryPolicy,
        pace: Pace,
    ) -> None:
        self._name = name
        self._queue = queue
        self._sender = sender
        self._retry = retry
        self._breaker = Breaker(pace)
        self._wake = asyncio.Event()
        self._halt = asyncio.Event()
        self._down_since: datetime | None = None
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._ended: dict[int, Outcome] = {}

    def wake(self) -> None:
        """Look for due rows now."""
        self._wake.set()

    def stop(self) -> None:
        """Begin no attempt any more; `run` returns when those under way have ended."""
        self._halt.set()
        self._wake.set()

    @property
    def _stopping(self) -> bool:
        return self._halt.is_set()

    async def run(self) -> None:
        """Send until `stop`; an error of our own is a pause, not an end."""
        pauses = _growing()
        while not self._stopping:
            try:
                async with self._sender() as sender:
                    pauses = _growing()
                    await self._serve(sender)
            except Exception as error:  # noqa: BLE001 - nothing may end a receiver's deliveries
                _TROUBLE.traced(f"webhook {self._name}", error)
                await self._rest(next(pauses))

    async def _serve(self, sender: Sender) -> None:
        pauses = _growing()
        while not self._stopping:
            try:
                await self._turn(sender)
                pauses = _growing()
            except (DatabaseUnavailable, SiteKeyError) as error:
                _TROUBLE.in_words("webhooks wait", error)
                await self._rest(next(pauses))
        while self._under_way:  # each is recorded when it ends: the next may not end in time
            await asyncio.wait(self._under_way.values(), return_when=asyncio.FIRST_COMPLETED)
            await self._settle()

    async def _turn(self, sender: Sender) -> None:
        """Record what has ended, begin what is due, sleep until there is more to do."""
        self._wake.clear()
        await self._settle()
        if self._down_since is not None:
            await asyncio.to_thread(self._queue.release, self._name, self._down_since)
            self._down_since = None
        room = self._breaker.room(len(self._under_way))
        claims: list[Claim] = []
        if room:
            busy = tuple(self._under_way)
            claims = await asyncio.to_thread(self._queue.take, self._name, room, busy)
        for claim in claims:
            attempt = self._attempt(sender, claim)
            self._under_way[claim.id] = asyncio.create_task(attempt)
        await _sleep(self._wake, await self._pause(room - len(claims)))

    async def _pause(self, room: int) -> float:
        """Seconds until something may be due for which there is room."""
        if self._breaker.wait_s() > 0:
            return min(LONGEST_SLEEP_S, self._breaker.wait_s())
        if room <= 0:  # an attempt that ends wakes
            return LONGEST_SLEEP_S
        due = await asyncio.to_thread(self._queue.next_due, self._name)
        if due is None:
            return LONGEST_SLEEP_S
        return min(LONGEST_SLEEP_S, max(0.0, (due - datetime.now(UTC)).total_seconds()))

    async def _attempt(self, sender: Sender, claim: Claim) -> None:
        try:
            outcome = await self._outcome(sender, claim)
        except Exception as error:  # noqa: BLE001 - ours; else its place would be taken for ever
            _TROUBLE.traced(f"webhook {self._name}", error)
            outcome = Outcome(Result.FAILED, error=type(error).__name__)
        if outcome.error is not None:
            LOG.warning("webhook %s: %s: %s", self._name, claim.event_id, outcome.error)
        self._ended[claim.id] = outcome
        self._wake.set()

    async def _outcome(self, sender: Sender, claim: Claim) -> Outcome:
        if claim.fault is not None:
            return Outcome(Result.FAILED, error=claim.fault)
        outcome = await sender.send(claim.event_id, claim.body)
        self._down_since = self._breaker.note(outcome) or self._down_since
        return outcome

    async def _settle(self) -> None:
        """Record what has ended; a database that is away meanwhile must not cause a resend.

        Raises:
            DatabaseUnavailable: only when it is to stop: what is not recorded is sent again when
                its lease has ended.
        """
        pauses = _growing()
        while self._ended:
            ended = tuple(self._ended)  # more may end meanwhile
            left = {one: self._ended[one] for one in ended}
            try:
                await asyncio.to_thread(self._queue.settle_all, left, self._retry)
            except (DatabaseUnavailable, SiteKeyError) as error:
                if self._stopping:
                    raise
                _TROUBLE.in_words("webhooks wait", error)
            for settled in set(ended) - left.keys():
                del self._ended[settled], self._under_way[settled]
            if left:
                await self._rest(next(pauses))

    async def _rest(self, seconds: float) -> None:
        """A pause that nothing but `stop` shortens."""
        if not self._stopping:
            await _sleep(self._halt, seconds)


def _growing() -> Iterator[float]:
    """Seconds to pause, longer each time."""
    pause = _FIRST_PAUSE_S
    while True:
        yield pause
        pause = min(LONGEST_SLEEP_S, 2 * pause)


async def _sleep(wake: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(wake.wait(), seconds)
    except TimeoutError:
        return

"""Outbox: the delivery worker, which sends events from the database to the receivers.

It has one thread with an event loop and one task per receiver, so a slow receiver delays no other,
and a failure affects only its own receiver: its task resumes after a pause. A task sleeps until a
row is added in this process, until the next retry is due, or for half a minute (rows may also be
added by another process).
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from api.delivery.queue import LEASE, Claim, DeliveryQueue
from api.delivery.retry import RetryPolicy
from api.delivery.sender import Outcome, Sender, signer
from api.errors import DatabaseUnavailable
from api.storage.database import Database
from vision.site import Site, Webhook
from vision.throttled_log import ThrottledLog

LOG = logging.getLogger("streetwarden.outbox")
_TROUBLE = ThrottledLog(LOG)
LONGEST_SLEEP_S = 30.0
STOP_S = 5.0
"""Seconds that an attempt in flight has when the worker is to end; receivers answer within one."""
_CUT_OFF_S = 2.0
_FIRST_PAUSE_S = 1.0
"""Pause after an error of the worker itself; it doubles up to the longest sleep."""


class Outbox:
    """Sends the pending deliveries of the outbox, from `start()` to `stop()`.

    Raises:
        SiteError: a receiver's secret cannot be used.
    """

    def __init__(
        self,
        database: Database,
        site: Site,
        *,
        retry: RetryPolicy | None = None,
        lease: timedelta = LEASE,
    ) -> None:
        for hook in site.webhooks:
            signer(hook)
        owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._webhooks = site.webhooks
        self._queue = DeliveryQueue(database, site.calendar, owner, lease)
        self._retry = retry or RetryPolicy()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._whole: asyncio.Task[None] | None = None
        self._ready = threading.Event()
        self._stopping = False
        self._wakes: list[asyncio.Event] = []
        database.on_queued(self.wake)

    def start(self) -> None:
        """Start the worker's thread; without receivers there is nothing to start."""
        if self._webhooks and self._thread is None:
            self._stopping = False
            self._ready.clear()
            self._thread = threading.Thread(target=self.run, name="outbox", daemon=True)
            self._thread.start()
            self._ready.wait()

    def run(self) -> None:
        """Work in the calling thread until `stop()` is called from another."""
        try:
            with suppress(asyncio.CancelledError):
                asyncio.run(self._run())
        finally:
            self._ready.set()  # who waits for the start waits no longer when there was none

    @property
    def alive(self) -> bool:
        """Whether the worker runs; without receivers there is nothing to run."""
        return not self._webhooks or (self._thread is not None and self._thread.is_alive())

    def wake(self) -> None:
        """Look for due rows now; callable from any thread, at any time."""
        loop = self._loop
        if loop is not None:
            try:
                loop.call_soon_threadsafe(self._wake_all)
            except RuntimeError:
                return  # the loop closed between the two lines: nobody is left to wake

    def stop(self) -> None:
        """End the worker within `STOP_S` and a little.

        An attempt in flight may be finished first. One that is cut off is made again, under the
        same id, when its lease ends; so is one whose outcome the database does not take.
        """
        self._stopping = True
        self.wake()
        if self._thread is None:
            return
        self._thread.join(STOP_S)
        loop, whole = self._loop, self._whole
        if self._thread.is_alive() and loop is not None and whole is not None:
            with suppress(RuntimeError):  # it ended in this moment
                loop.call_soon_threadsafe(whole.cancel)
            self._thread.join(_CUT_OFF_S)
        if self._thread.is_alive():
            LOG.error("the outbox waits for a database that does not answer, and is left to itself")
        self._thread = None

    def _wake_all(self) -> None:
        for wake in self._wakes:
            wake.set()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._whole = asyncio.current_task()
        self._wakes = [asyncio.Event() for _ in self._webhooks]
        self._ready.set()
        try:
            async with asyncio.TaskGroup() as group:
                for hook, wake in zip(self._webhooks, self._wakes, strict=True):
                    group.create_task(self._serve(hook, wake))
        finally:
            self._loop = None

    async def _serve(self, hook: Webhook, wake: asyncio.Event) -> None:
        pauses = _growing()
        while not self._stopping:
            wake.clear()
            try:
                async with Sender(hook) as sender:
                    while not self._stopping:
                        await self._step(hook, sender, wake)
                        pauses = _growing()
            except DatabaseUnavailable as error:
                _TROUBLE.in_words("webhooks wait", error)
            except Exception as error:  # noqa: BLE001 - nothing may end a receiver's deliveries
                _TROUBLE.traced(f"webhook {hook.name}", error)
            if not self._stopping:
                await _sleep(wake, next(pauses))

    async def _step(self, hook: Webhook, sender: Sender, wake: asyncio.Event) -> None:
        """Make the next attempt if one is due, else sleep until one may be."""
        wake.clear()
        claim = await asyncio.to_thread(self._queue.claim, hook.name)
        if claim is None:
            due = await asyncio.to_thread(self._queue.next_due, hook.name)
            if not self._stopping:
                await _sleep(wake, _pause(due))
            return
        outcome = await sender.send(claim.event_id, claim.body)
        if outcome.error is not None:
            LOG.warning("webhook %s: %s: %s", hook.name, claim.event_id, outcome.error)
        await self._settle(claim, outcome, wake)

    async def _settle(self, claim: Claim, outcome: Outcome, wake: asyncio.Event) -> None:
        """Record the outcome; a database that is away meanwhile must not cause a resend."""
        for pause in _growing():
            try:
                return await asyncio.to_thread(self._queue.settle, claim, outcome, self._retry)
            except DatabaseUnavailable as error:
                if self._stopping:
                    raise
                _TROUBLE.in_words("webhooks wait", error)
            wake.clear()
            await _sleep(wake, pause)
        return None


def _growing() -> Iterator[float]:
    """Seconds to pause, longer each time."""
    pause = _FIRST_PAUSE_S
    while True:
        yield pause
        pause = min(LONGEST_SLEEP_S, 2 * pause)


def _pause(due: datetime | None) -> float:
    if due is None:
        return LONGEST_SLEEP_S
    return min(LONGEST_SLEEP_S, max(0.0, (due - datetime.now(UTC)).total_seconds()))


async def _sleep(wake: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(wake.wait(), seconds)
    except TimeoutError:
        return

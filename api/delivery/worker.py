"""Outbox: the delivery worker, which sends events from the database to the receivers.

It has one thread with an event loop and one task per receiver (`Lane`), so a slow receiver delays
no other, and a failure affects only its own receiver.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

from api.delivery.breaker import Pace
from api.delivery.lane import Lane
from api.delivery.pictures import StoredPictures
from api.delivery.queue import LEASE, DeliveryQueue
from api.delivery.retry import RetryPolicy
from api.delivery.secrets import verifiers
from api.delivery.sender import LONGEST_ATTEMPT, Sender
from api.storage.database import Database
from vision.evidence.store import EvidenceStore
from vision.site import Site, Webhook

LOG = logging.getLogger("streetwarden.outbox")
STOP_S = 5.0
"""Seconds that attempts in flight have when the worker is to end; receivers answer within one."""
_CUT_OFF_S = 2.0
_THREADS = 6
"""In which all receivers' claims and outcomes are written: so many connections at most."""


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
        evidence: EvidenceStore | None = None,
        retry: RetryPolicy | None = None,
        pace: Pace | None = None,
        lease: timedelta = LEASE,
        attempt: timedelta = LONGEST_ATTEMPT,
    ) -> None:
        for hook in site.webhooks:
            verifiers(hook)
        owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._webhooks = site.webhooks
        self._pictures = StoredPictures(database, evidence) if evidence is not None else None
        self._queue = DeliveryQueue(database, site.calendar, owner, lease)
        self._retry = retry or RetryPolicy()
        self._pace = pace or Pace()
        self._attempt = attempt
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._whole: asyncio.Task[None] | None = None
        self._ready = threading.Event()
        self._stopping = False
        self._lanes: list[Lane] = []
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
                loop.call_soon_threadsafe(self._tell)
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

    def _tell(self) -> None:
        for lane in self._lanes:
            if self._stopping:
                lane.stop()
            lane.wake()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._whole = asyncio.current_task()
        # Not asyncio's own threads: those are as many as the machine has cores and some, and each
        # may hold one of the database's connections, which requests need too.
        self._loop.set_default_executor(ThreadPoolExecutor(_THREADS, "outbox"))
        self._lanes = [self._lane(hook) for hook in self._webhooks]
        self._ready.set()
        if self._stopping:  # from before there was a loop to tell
            self._tell()
        try:
            async with asyncio.TaskGroup() as group:
                for lane in self._lanes:
                    group.create_task(lane.run())
        finally:
            self._loop = None

    def _lane(self, hook: Webhook) -> Lane:
        return Lane(
            hook.name,
            self._queue,
            lambda: Sender(hook, self._attempt, pictures=self._pictures),
            self._retry,
            self._pace,
        )

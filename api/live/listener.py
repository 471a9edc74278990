"""Listener: one who listens, with what they have still to be told."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from threading import Lock

import anyio

from api.access.roles import Principal
from api.live.event import COMMENT, RETRY, LiveEvent

BACKLOG = 256
"""Events that wait for one listener: a bulk rejection of 200 cases, and a little more. Who takes
them more slowly is cut off, and goes on where they were when they ask again."""
COMMENT_S = 15.0
"""Seconds without an event after which a comment is sent."""
LASTS_S = 100.0
"""Seconds of one stream. Every answer has to be over in 120 (`api.http.connections.REQUEST_S`), so
that who reads nothing costs nothing; a listener asks again and goes on where it was."""


class Listener:
    """Told by any thread, read by the event loop that made it.

    Args:
        who: the key's holder.

    Attributes:
        before: what they are told first.
        total: how many waiting cases they were last told of.
    """

    def __init__(self, who: Principal) -> None:
        self.who = who
        self.before: list[LiveEvent] = []
        self.total: int | None = None
        self._waiting: deque[LiveEvent] = deque()
        self._over = False
        self._lock = Lock()
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()

    def give(self, event: LiveEvent) -> bool:
        """Tell them of an event; whether they go on listening."""
        with self._lock:
            if not self._over:
                self._waiting.append(event)
                self._over = len(self._waiting) > BACKLOG
        if self._over:
            self.end()
            return False
        self._wake()
        return True

    def end(self) -> None:
        """End their stream; what has not left by now never does."""
        with self._lock:
            self._over = True
            self._waiting.clear()
        self._wake()

    async def stream(self) -> AsyncIterator[str]:
        """What goes over the wire, until it is over."""
        yield RETRY
        for first in self.before:
            yield str(first)
        ends = self._loop.time() + LASTS_S
        while not self._over and (left := ends - self._loop.time()) > 0:
            if (event := self._next()) is not None:
                yield str(event)
                continue
            with anyio.move_on_after(min(COMMENT_S, left)) as patience:
                await self._woken.wait()
            if patience.cancelled_caught:
                yield COMMENT

    def _next(self) -> LiveEvent | None:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
        self._woken.clear()
        # What was given before that was cleared is looked for once more.
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop is closed: the process ends
            self._loop.call_soon_threadsafe(self._woken.set)

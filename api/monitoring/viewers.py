"""Viewers: those who wait for the next look at a camera; a bounded number, and no thread each."""

from __future__ import annotations

import asyncio
from functools import partial

import anyio

from api.monitoring.watch import Watch
from vision.errors import NotWatched
from vision.pipeline.live_view import Picture

MOST = 256
"""Who may wait at the same time: half of the server's connections."""
LONGEST_S = 20.0
"""Seconds that one may ask to wait: proxies end what says nothing for a minute, or for half one."""
_DRAWING_S, _GRACE_S = 5.0, 0.5
"""Seconds for a picture that is there already, and for one that comes at the last moment."""


class TooManyViewers(Exception):  # noqa: N818 - an answer, not a fault
    """So many wait already."""


class Viewers:
    """Who waits; of one event loop.

    Args:
        most: how many may.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._asked = 0
        self._waiting: set[asyncio.Future[Picture | None]] = set()

    async def picture(
        self, watch: Watch, camera: str, *, after: int | None, wait_s: float, clean: bool
    ) -> Picture | None:
        """The camera's newest look, if it is another than `after`, or the next one within `wait_s`.

        Raises:
            TooManyViewers: try again.
        """
        if self._asked >= self._most:
            raise TooManyViewers
        self._asked += 1
        try:
            # It returns at once, but for a worker that hangs: then its pipe may be full.
            ask = partial(watch.picture, camera, after, wait_s, clean=clean)
            coming = asyncio.wrap_future(await anyio.to_thread.run_sync(ask))
            return await self._wait(coming, wait_s + (_GRACE_S if wait_s else _DRAWING_S))
        except NotWatched:
            return None
        finally:
            self._asked -= 1

    def end(self) -> None:
        """Let all go who wait now, for the server ends."""
        for coming in self._waiting:
            coming.cancel()

    async def _wait(self, coming: asyncio.Future[Picture | None], seconds: float) -> Picture | None:
        self._waiting.add(coming)
        try:
            await asyncio.wait({coming}, timeout=seconds)
            return coming.result() if coming.done() and not coming.cancelled() else None
        finally:
            self._waiting.discard(coming)
            coming.cancel()

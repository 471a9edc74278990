"""Background: what runs beside the requests for as long as the app does."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

import anyio
from fastapi import FastAPI

LOG = logging.getLogger("streetwarden.api")
STOP_S = 15.0
"""Seconds for all that runs beside the requests to end, at the same time."""
REQUEST_WORKERS = 20
"""Requests that are worked on at the same time, each in a thread."""


class Background(Protocol):
    """What runs beside the requests, in a thread of its own."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End, and wait for the end."""


def running(
    background: Iterable[Background],
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """The lifespan in which these run."""
    all_of_it = tuple(background)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # Fewer than the database has connections, so that the pipeline always finds one.
        anyio.to_thread.current_default_thread_limiter().total_tokens = REQUEST_WORKERS
        for one in all_of_it:
            await anyio.to_thread.run_sync(one.start)
        try:
            yield
        finally:
            with anyio.move_on_after(STOP_S):
                async with anyio.create_task_group() as stopping:
                    for one in all_of_it:
                        stopping.start_soon(_stop, one)

    return lifespan


async def _stop(one: Background) -> None:
    """End one part; what it does hangs nobody else, and is left to itself after `STOP_S`."""
    name = type(one).__name__
    try:
        await anyio.to_thread.run_sync(one.stop, abandon_on_cancel=True)
    except anyio.get_cancelled_exc_class():
        LOG.error("%s has not ended within %g s and is left to itself", name, STOP_S)  # noqa: TRY400
        raise
    except Exception:
        LOG.exception("%s did not end in order; report this", name)

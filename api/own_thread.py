"""OwnThread: works out one answer at a time in a thread that nobody else needs, or waits for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class OwnThread(Generic[T]):
    """Computes one answer at a time in a thread of its own.

    Who asks meanwhile shares that answer, so any number of them costs no more than one.
    Use it from one event loop.

    Args:
        work: gives the answer; may take long, or never come back.
    """

    def __init__(self, name: str, work: Callable[[], T]) -> None:
        self._name = name
        self._work = work
        self._coming: asyncio.Future[T] | None = None

    async def ask(self, patience_s: float) -> T | None:
        """The answer, or None if it is not there within so many seconds; it may still come.

        Raises:
            Exception: what `work` raised.
        """
        if self._coming is None or self._coming.done():
            self._coming = asyncio.get_running_loop().create_future()
            thread = threading.Thread(
                target=self._run, args=(self._coming,), name=self._name, daemon=True
            )
            thread.start()
        coming = self._coming  # the next one may have begun when this one is there
        done, _ = await asyncio.wait({coming}, timeout=patience_s)
        return coming.result() if done else None

    def _run(self, coming: asyncio.Future[T]) -> None:
        loop = coming.get_loop()
        try:
            answer = self._work()
        except Exception as error:  # noqa: BLE001 - handed to who asked
            _tell(loop, coming.set_exception, error)
        else:
            _tell(loop, coming.set_result, answer)


def _tell(loop: asyncio.AbstractEventLoop, settle: Callable[..., None], what: object) -> None:
    try:
        loop.call_soon_threadsafe(settle, what)
    except RuntimeError:
        return  # the server ended meanwhile: no request waits any more

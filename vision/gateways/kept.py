"""Kept: an answer that many ask for, fetched once and kept for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from vision.errors import SourceError

_T = TypeVar("_T")


class Kept(Generic[_T]):
    """Whoever asks while it is fetched gets that answer, or that failure; later ones try anew.

    Args:
        fetch: gets it.
        seconds: that it is good for.
        clock: in seconds.
    """

    def __init__(
        self, fetch: Callable[[], _T], seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch, self._seconds, self._clock = fetch, seconds, clock
        self._lock = Lock()
        self._held: tuple[_T, float] | None = None
        self._failure: SourceError | None = None
        self._fetched = 0  # times, well or badly

    def get(self) -> _T:
        """It.

        Raises:
            SourceError: what fetching it raised.
        """
        fetched = self._fetched
        with self._lock:
            if self._fetched != fetched and self._failure is not None:
                raise type(self._failure)(str(self._failure))
            if self._held is None or self._clock() >= self._held[1]:
                self._held = self._failure = None
                try:
                    found = self._fetch()
                except SourceError as error:
                    self._failure = error
                    raise
                finally:
                    self._fetched += 1
                self._held = found, self._clock() + self._seconds
            return self._held[0]

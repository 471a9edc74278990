"""BackgroundThread: what goes on beside the requests, in a thread, from `start()` to `stop()`."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod


class BackgroundThread(ABC):
    """Works in a thread of its own, from `start()` to `stop()`; it may be started again.

    Args:
        name: of the thread.
        within_s: how long `stop` waits for its end; None for as long as that takes.
    """

    def __init__(self, name: str, *, within_s: float | None = None) -> None:
        self._name = name
        self._within_s = within_s
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; twice is once."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End: what is under way is finished, or given up, first."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(self._within_s)
            self._thread = None

    @abstractmethod
    def _run(self) -> None:
        """Work until `_stopping` is set; nothing that is raised gets out."""

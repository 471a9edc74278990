"""Changes: what is to be done between two looks, in the thread that looks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future


class Changes:
    """Any thread may put one; each is made once, in the order in which they were put."""

    def __init__(self) -> None:
        self._asked: deque[tuple[Callable[[], None], Future[None]]] = deque()

    @property
    def wait(self) -> bool:
        """Whether there are any that wait to be made."""
        return bool(self._asked)

    def put(self, change: Callable[[], None]) -> Future[None]:
        """Have it made; its future tells of its end, and may be cancelled before it is begun."""
        done: Future[None] = Future()
        self._asked.append((change, done))
        return done

    def make(self) -> None:
        """Make those that wait; an exception is its own asker's."""
        while True:
            try:
                change, done = self._asked.popleft()
            except IndexError:
                return
            if not done.set_running_or_notify_cancel():
                continue
            try:
                change()
            except Exception as error:  # noqa: BLE001 - whoever asked for it is told
                done.set_exception(error)
            else:
                done.set_result(None)

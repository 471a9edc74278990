"""Store: pictures are drawn beside the engine, and put on disk in groups."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import BoundedSemaphore, Lock, Thread
from types import TracebackType
from typing import Self

from vision.audit.folder import AuditFolder
from vision.audit.intake.items import Problem
from vision.audit.records import PictureRecord, Settings

MOST_WAITING = 24
"""Pictures given and not yet on disk; each is held in memory, 6 MB at most."""
_AT_ONCE = 16
"""Records that are made durable together. What is there is taken: nothing waits for more."""

_Made = Future["PictureRecord | Problem"]


class Store:
    """Draws pictures in two threads, and makes them durable in a third, in the order given.

    A record enters the journal once its derivative is on the disk. Use as a context manager: on
    leaving, all that was given is stored.

    Args:
        folder: where it goes.
        settings: of the audit.
        known: records by SHA-256; each is put there once it is stored.

    Raises:
        EvidenceError: the folder cannot be written to; by `put`, or on leaving.
    """

    def __init__(
        self, folder: AuditFolder, settings: Settings, known: dict[str, PictureRecord]
    ) -> None:
        self._folder, self._settings, self._known = folder, settings, known
        self._room = BoundedSemaphore(MOST_WAITING)
        self._counting = Lock()
        self._queue = SimpleQueue[_Made | None]()
        self._failed: BaseException | None = None
        self.problems: list[Problem] = []
        """What could not be drawn, so far."""
        self.waiting = 0
        """Pictures that were given and are not done with."""

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="audit-drawing")
        self._thread = Thread(target=self._commit, name="audit-journal", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._queue.put(None)
        self._thread.join()
        self._pool.shutdown()
        if error is None and self._failed is not None:
            raise self._failed

    def put(self, draw: Callable[[], PictureRecord | Problem]) -> None:
        """Have a picture drawn and stored; waits where too many are under way.

        Args:
            draw: writes the derivative, and says what became of the picture.
        """
        self._room.acquire()
        if self._failed is not None:
            raise self._failed
        with self._counting:
            self.waiting += 1
        self._queue.put(self._pool.submit(draw))

    def _commit(self) -> None:
        """Make durable what is drawn; the thread's whole life."""
        going_on = True
        while going_on:
            group = [self._queue.get()]
            while group[-1] is not None and len(group) < _AT_ONCE and not self._queue.empty():
                group.append(self._queue.get())
            going_on = group[-1] is not None
            futures = [one for one in group if one is not None]
            made = list[PictureRecord | Problem]()
            try:
                for one in futures:
                    # A disk that is full fails one picture after the other; the others are kept.
                    if (error := one.exception()) is None:
                        made.append(one.result())
                    elif self._failed is None:
                        self._failed = error
                self._keep(made)
            except Exception as error:  # noqa: BLE001 - raised where the audit waits for this thread
                self._failed = self._failed or error
            finally:
                with self._counting:
                    self.waiting -= len(futures)
                for _ in futures:
                    self._room.release()

    def _keep(self, made: list[PictureRecord | Problem]) -> None:
        records = [one for one in made if isinstance(one, PictureRecord)]
        self.problems += [one for one in made if isinstance(one, Problem)]
        if records:
            self._folder.remember(self._settings, records)
            self._known |= {record.sha256: record for record in records}

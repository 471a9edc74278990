"""EventWriter: stores evidence and hands events on, off the loop's thread, losing none.

A full disk or a locked database must not stop the cameras, and must not lose a violation: an event
that cannot be stored waits at the head of the queue and is tried again, and everybody can read
from `problem` what stands in the way.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from queue import Empty, Queue
from threading import Event, Thread

from vision.episodes import EpisodeEvent
from vision.errors import StreetwardenError
from vision.evidence import EvidenceItem, Recorder

log = logging.getLogger(__name__)

Sink = Callable[[EpisodeEvent, Sequence[EvidenceItem]], object]
# Frames are held while they wait: 64 of 1080p are 400 MB. Beyond that the loop waits too.
_WAITING = 64
_RETRY_S = 5.0


class EventWriter:
    """One thread that records events in order and passes them to every sink."""

    def __init__(
        self, recorder: Recorder | None, sinks: Sequence[Sink], *, retry_s: float = _RETRY_S
    ) -> None:
        self._recorder = recorder
        self._sinks = tuple(sinks)
        self._retry_s = retry_s
        self._queue: Queue[EpisodeEvent | None] = Queue(_WAITING)
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="event-writer", daemon=True)
        self.problem: str | None = None
        self.lost = 0

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def put(self, event: EpisodeEvent) -> None:
        """Take an event; waits while too many wait already."""
        self._queue.put(event)

    def stop(self, timeout: float = 10.0) -> None:
        """Write what waits, then end. What still cannot be stored is counted in `lost`."""
        self._stopping.set()
        self._queue.put(None)
        self._thread.join(timeout)
        while True:
            try:
                left = self._queue.get_nowait()
            except Empty:
                break
            self.lost += left is not None
        if self.lost:
            log.error("%d events were not stored: %s", self.lost, self.problem)

    def _run(self) -> None:
        while (event := self._queue.get()) is not None:
            if not self._write(event):
                self.lost += 1

    def _write(self, event: EpisodeEvent) -> bool:
        """Record and pass on; False only when stopping while it still fails."""
        items: list[EvidenceItem] | None = None
        waiting = list(self._sinks)
        while True:
            try:
                if items is None:
                    items = self._recorder.record(event) if self._recorder else []
                while waiting:
                    waiting[0](event, items)
                    waiting.pop(0)
            except StreetwardenError as error:
                self.problem = str(error)
                log.warning("%s; trying again in %.0f s", error, self._retry_s)
            except Exception as error:
                log.exception("event %s of %s", event.episode.stage, event.episode.camera)
                self.problem = f"{type(error).__name__} while storing an event; see the log"
            else:
                self.problem = None
                return True
            if self._stopping.wait(self._retry_s):
                return False

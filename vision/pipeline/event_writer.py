"""EventWriter: stores evidence and passes events to the sinks in its own thread, with retries.

A full disk or a locked database must not stop the cameras, and must not lose a violation: while
nothing can be stored (`StorageUnavailable`), the event at the head of the queue is retried, and
`problem` states the cause. Any other error is specific to this event: after some retries it goes
into quarantine, and the other events continue.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Collection, Sequence
from threading import Condition, Thread

from vision.episodes import EpisodeEvent
from vision.errors import StorageUnavailable
from vision.evidence import EvidenceItem, Recorder
from vision.pipeline.quarantine import Quarantine
from vision.site import Site
from vision.throttled_log import ThrottledLog

log = logging.getLogger(__name__)

Sink = Callable[[EpisodeEvent, Sequence[EvidenceItem]], object]
# Frames are held while they wait: 64 of 1080p are 400 MB. Beyond that the loop waits too.
_WAITING = 64
_RETRY_S = 5.0
TRIES = 3
"""Tries of an event that fails by itself: two processes may have collided."""


class EventWriter:
    """One thread that records events in order and passes them to every sink.

    Args:
        recorder: stores an event's evidence; None stores nothing.
        sinks: called in order with each event and what was stored of it.
        quarantine: takes events that cannot be stored (lost if None); its events are retried
            before anything else.
        stored: called when an event is stored or in quarantine, so that its sender may forget it.
        retry_s: seconds between two retries while nothing can be stored.
    """

    def __init__(
        self,
        recorder: Recorder | None,
        sinks: Sequence[Sink],
        *,
        quarantine: Quarantine | None = None,
        stored: Callable[[EpisodeEvent], None] = lambda _: None,
        retry_s: float = _RETRY_S,
    ) -> None:
        self._recorder = recorder
        self._sinks = tuple(sinks)
        self._quarantine = quarantine
        self._stored = stored
        self._retry_s = retry_s
        self._waiting: deque[EpisodeEvent] = deque()
        self._changed = Condition()
        self._stopping = False
        self._ended = False
        self._handled = 0
        self._down: StorageUnavailable | None = None
        self._faults = ThrottledLog(log)
        self._thread = Thread(target=self._run, name="event-writer", daemon=True)
        self.problem: str | None = None
        self.lost = 0

    @property
    def quarantined(self) -> int:
        """How many episodes have events in quarantine."""
        return self._quarantine.count if self._quarantine is not None else 0

    @property
    def held(self) -> frozenset[str]:
        """Ids of the episodes whose events lie in quarantine and will be tried again."""
        return self._quarantine.held() if self._quarantine is not None else frozenset()

    def follow(self, site: Site, *, cameras: Collection[str] | None = None) -> None:
        """Store what comes by a changed site; `cameras` as for `Quarantine`."""
        if self._recorder is not None:
            self._recorder.follow(site)
        if self._quarantine is not None:
            self._quarantine.follow(site, cameras=cameras)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def put(self, event: EpisodeEvent, *, holds_pixels: bool = True) -> None:
        """Queue an event.

        Blocks while the queue is full, unless the event holds no pixels, or the writer is about to
        stop.
        """
        with self._changed:
            if holds_pixels:
                self._changed.wait_for(lambda: len(self._waiting) < _WAITING or self._stopping)
            if not self._ended:
                self._waiting.append(event)
                self._changed.notify_all()
                return
        self._put_aside(event, "it came when everything had ended", None)

    def hasten(self) -> None:
        """Stop retrying: from now on, what cannot be stored at once goes into quarantine."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def stop(self, timeout: float = 10.0) -> None:
        """Write the queued events, then stop.

        What cannot be stored goes into quarantine; if that fails too, it is counted in `lost` and
        logged.

        Args:
            timeout: seconds after which one event that is neither stored nor put aside is given up.
        """
        self.hasten()
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        handled = -1
        while self._thread.is_alive() and handled != self._handled:
            handled = self._handled
            self._thread.join(timeout)
        while (event := self._next()) is not None:
            self._put_aside(event, "the store did not answer when everything ended", None)
        if self._thread.is_alive():
            self.lost += 1
            log.error("an event was being stored for %.0f s when everything ended", timeout)

    def _run(self) -> None:
        try:
            self._replay()
        except Exception as error:  # noqa: BLE001 - nothing may end this thread
            self._faults.traced("trying again what lies in quarantine", error)
        while (event := self._next()) is not None:
            try:
                self._handle(event)
            except Exception as error:  # noqa: BLE001 - nothing may end this thread
                self.lost += 1
                self._faults.traced(_named(event), error)
            self._handled += 1

    def _handle(self, event: EpisodeEvent) -> None:
        if self._quarantine is not None and self._quarantine.holds(event.episode.id):
            self._put_aside(event, "an event of its episode before it lies here", None)
            return
        attempt = _Attempt(event)
        fault = self._store(attempt, TRIES)
        if fault is not None:
            self._put_aside(event, fault, attempt.items)

    def _next(self) -> EpisodeEvent | None:
        """The next event; None when there will be none."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._waiting) or self._ended)
            event = self._waiting.popleft() if self._waiting else None
            self._changed.notify_all()
            return event

    def _store(self, attempt: _Attempt, tries: int) -> Exception | None:
        """Record and pass on; return the error if the event itself fails, or the writer stops."""
        if self._down is not None and self._stopping:
            return self._down  # no need to try the storage again for each queued event
        faults = 0
        fault: Exception
        while True:
            try:
                attempt.go_on(self._recorder, self._sinks)
            except StorageUnavailable as error:
                self._down, fault, pause = error, error, self._retry_s
                self.problem = str(error)
                self._faults.in_words(f"storing waits {pause:g} s", error)
            except Exception as error:  # noqa: BLE001 - one event's trouble must not stop the others
                faults, fault, pause = faults + 1, error, self._retry_s / 10
                self._faults.traced(f"storing an event of {attempt.event.episode.camera}", error)
                if faults >= tries:
                    self.problem = None
                    return error
            else:
                self.problem = self._down = None
                self._stored(attempt.event)
                return None
            if self._ends_within(pause):
                return fault

    def _put_aside(
        self, event: EpisodeEvent, why: Exception | str, items: Sequence[EvidenceItem] | None
    ) -> None:
        """Put into quarantine; waits for a full disk while it may."""
        opened = self._recorder.take_opened(event.episode.id) if self._recorder else None
        while self._quarantine is not None:
            try:
                if opened is not None and opened is not event:
                    self._quarantine.keep(opened, why, None)
                self._quarantine.keep(event, why, items)
            except OSError as error:
                self.problem = (
                    f"{self._quarantine.root}: an event that cannot be stored cannot be kept there "
                    f"({error.strerror}); free space or make the folder writable"
                )
                if self._ends_within(self._retry_s):
                    break
            except Exception as error:  # noqa: BLE001 - nothing may end this thread
                self._faults.traced(f"quarantine of {event.episode.camera}", error)
                break
            else:
                self.problem = None
                log.error("%s is in quarantine: %s", _named(event), why)
                self._stored(event)
                return
        self.lost += 1
        log.error("%s is lost: %s; %s", _named(event), why, self.problem or "no quarantine is kept")

    def _replay(self) -> None:
        """Retry the quarantined events, episode by episode."""
        if self._quarantine is None:
            return
        for episode, kept in self._quarantine.episodes():
            faults = (self._store(_Attempt(one.event, one.items), 1) for one in kept)
            fault = next((fault for fault in faults if fault is not None), None)
            if fault is not None:
                continue
            try:
                self._quarantine.release(episode)
            except OSError as error:
                self._faults.in_words(f"{self._quarantine.root}: cannot be cleared", error)
            else:
                log.warning("episode %s is stored and left the quarantine", episode)

    def _ends_within(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._stopping, seconds)


class _Attempt:
    """Progress of an event: the evidence stored so far, and the sinks that have not taken it."""

    def __init__(self, event: EpisodeEvent, items: list[EvidenceItem] | None = None) -> None:
        self.event = event
        self.items = items
        self._taken = 0

    def go_on(self, recorder: Recorder | None, sinks: Sequence[Sink]) -> None:
        if self.items is None:
            self.items = recorder.record(self.event) if recorder else []
        for sink in sinks[self._taken :]:
            sink(self.event, self.items)
            self._taken += 1


def _named(event: EpisodeEvent) -> str:
    episode = event.episode
    return f"{episode.camera}: {episode.kind} {episode.id}, {episode.stage.value}"

"""Asked: a camera behind a gateway as a source: a stream is asked for when looks are due.

Outside of the camera's hours, and between looks that lie far apart, the stream is let go, so that
the device's uplink and the platform's ports are free.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from threading import Event
from typing import Any

from vision.errors import SourceError
from vision.frames import Frame
from vision.gateways.desk import Desk
from vision.gateways.failures import NoStream
from vision.gateways.platform import Stream
from vision.site import Camera
from vision.site.gateway import Gateway, Target
from vision.sources.address import parse_address
from vision.sources.source import Source, open_source

SELDOM_S = 60.0
"""Seconds between two looks from which on a stream is let go in between: an invitation costs the
platform and the device some 2 s of signalling and a key frame."""
SETTLED_S = 10.0
"""Seconds of pictures after which a stream that breaks off is asked for again at once."""
_CALENDAR_S = 0.5  # between two looks whether the camera is to be watched


class Asked:
    """See `vision.sources.source.Source`.

    Args:
        camera: its looks per second; its source says what to ask.
        gateway: of it.
        target: what is asked for.
        desk: where.
        stop: setting it ends waits at once and iteration at the next frame.
        watching: whether the camera is to be watched at a moment.
        pace: looks per second wanted now.
        how: else what `open_source` is to open the stream with.
    """

    live = True

    def __init__(
        self,
        camera: Camera,
        gateway: Gateway,
        target: Target,
        desk: Desk,
        *,
        stop: Event,
        watching: Callable[[datetime], bool],
        pace: Callable[[], float] | None,
        how: dict[str, Any],
    ) -> None:
        self.trouble: str | None = None
        self._camera, self._gateway, self._target, self._desk = camera, gateway, target, desk
        self._stop, self._watching = stop, watching
        self._pace = pace if pace is not None else lambda: camera.analyse_fps
        self._how = how
        self._source: Source | None = None
        self._stream: Stream | None = None
        self._passed = 0

    @property
    def late(self) -> int:
        """See `vision.sources.source.Source`."""
        return self._passed + (self._source.late if self._source is not None else 0)

    def __iter__(self) -> Iterator[Frame]:
        due = time.monotonic()
        while not self._stop.is_set():
            if not self._watching(datetime.now(UTC)):
                self._stop.wait(_CALENDAR_S)
                continue
            if (left := due - time.monotonic()) > 0 and self._seldom:
                self._stop.wait(min(left, _CALENDAR_S))
                continue
            due = max(due, time.monotonic() - 1 / self._pace()) + 1 / self._pace()
            yield from self._while_due()

    def close(self) -> None:
        """Let the stream go. Called by the thread that iterates."""
        source, self._source = self._source, None
        stream, self._stream = self._stream, None
        if source is not None:
            self._passed += source.late
            source.close()
        if stream is not None:
            self._desk.let_go(self._target, stream)

    @property
    def _seldom(self) -> bool:
        return 1 / self._pace() >= SELDOM_S

    def _while_due(self) -> Iterator[Frame]:
        """Ask for the stream and read it for as long as it is wanted."""
        began: float | None = None
        failure: SourceError | None = None
        try:
            self._stream = self._desk.ask(self._target, self._stop)
            leave = _Leave(self._stop)
            self._source = self._open(self._stream, leave)
            for frame in self._source:
                began = began if began is not None else time.monotonic()
                self.trouble = self._source.trouble
                yield frame
                if self._seldom:
                    leave.set()
                    break
            if not leave.is_set():
                failure = NoStream(f"{self._gateway.name}: the stream of {self._target} ended")
        except SourceError as error:
            failure = error
        finally:
            asked = self._stream is not None
            self.close()
        if asked and failure is not None:
            failure = self._noted(failure, began)
        elif failure is None and began is not None:
            self._desk.came(self._target)
        if failure is not None:
            raise failure

    def _noted(self, failure: SourceError, began: float | None) -> SourceError:
        """What a stream that was asked for ended with, and what the desk is to know of it."""
        if began is not None and time.monotonic() - began > SETTLED_S:
            self._desk.came(self._target)
            return failure
        shown = parse_address(self._camera.source).shown
        what = "stream asked, but never came" if began is None else "the stream broke off at once"
        noted = NoStream(f"{self._gateway.name}: {what}: {shown}: {failure}")
        self._desk.failed(self._target, noted)
        return noted

    def _open(self, stream: Stream, leave: _Leave) -> Source:
        may = (*self._camera.allow, *self._gateway.allow)
        camera = self._camera.model_copy(update={"source": stream.url, "allow": may})

        def watching(moment: datetime) -> bool:
            watched = self._watching(moment)
            if not watched:
                leave.set()
            return watched

        return open_source(camera, stop=leave, watching=watching, pace=self._pace, **self._how)


class _Leave(Event):
    """Set where the reader is stopped, and, by the reading thread, where the stream is to be left.

    What reads the stream only looks at it and waits for it.
    """

    def __init__(self, stop: Event) -> None:
        super().__init__()
        self._outer = stop

    def is_set(self) -> bool:
        """Whether either holds."""
        return super().is_set() or self._outer.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the reader to be stopped."""
        return super().is_set() or self._outer.wait(timeout)

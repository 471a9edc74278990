"""Reader: the thread that reads one camera, with retries and exponential back-off."""

from __future__ import annotations

import logging
import math
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event, Lock, Thread, get_native_id
from typing import Any

from vision.errors import SourceBroken, SourceError, SourceRefused
from vision.frames import Frame
from vision.site import Camera
from vision.sources.address import parse_address, redact
from vision.sources.mailbox import LATE, Mailbox
from vision.sources.source import Source, open_source
from vision.sources.status import CameraState, CameraStatus

_log = logging.getLogger(__name__)

FIRST_RETRY = 0.25
"""Seconds before the first retry; doubled for each further one."""
LAST_RETRY = 2.0
"""Maximum seconds between retries, so that a camera is seen again within 5 s of its return."""
REFUSED_RETRY = 60.0
"""Seconds before the first retry with credentials that were refused, doubled for each further one.
Retries never stop, since a camera that starts refuses for a moment. They are rare, since cameras
lock out a client that guesses (usually after five to seven tries within half an hour)."""
LAST_REFUSED_RETRY = 900.0
"""Maximum seconds between retries with credentials that were refused."""
_NICER = 10  # of a reader's thread: from a weight of 1024 to 110 in Linux's scheduler
_SETTLED = 5.0  # seconds of frames after which a stream counts as healthy and back-off is reset


class Reader:
    """Reads one camera into its mailbox until it ends, cannot work, or is stopped.

    Live and network sources are retried for ever, with exponential back-off and jitter, whatever
    they answer, before a first frame as after it; only an invalid address is final. No failure here
    affects another camera, and none ends the thread without being logged.

    Args:
        camera: what to read, and how often.
        mailbox: where its frames are left.
        opener: opens the camera's source.
        watching: whether the camera is to be watched at a moment (UTC); the opener's source acts on
            it, the reader only shows it in the status.
    """

    def __init__(
        self,
        camera: Camera,
        mailbox: Mailbox,
        *,
        opener: Callable[..., Source] = open_source,
        watching: Callable[[datetime], bool] = lambda _: True,
    ) -> None:
        self._camera = camera
        self._mailbox = mailbox
        self._opener = opener
        self._watching = watching
        self._address = parse_address(camera.source)
        self._stop = Event()
        self._lock = Lock()
        self._status = CameraStatus(camera.id, self._address.shown, CameraState.CONNECTING)
        self._has_worked = False
        self._well_since = math.inf
        self._thread = Thread(target=self._run, name=f"reader-{camera.id}", daemon=True)

    def start(self) -> None:
        """Start reading. Once only."""
        self._thread.start()

    def stop(self, timeout: float | None = None) -> bool:
        """Stop reading and close the mailbox.

        Waits and hand-overs end at once; a blocked network call ends within its own time-out (5 s,
        HLS 15 s). Name resolution by the system cannot be interrupted.

        Args:
            timeout: seconds to wait for the thread; None waits until it has ended, 0 not at all.

        Returns:
            Whether the thread has ended.
        """
        self._stop.set()
        self._mailbox.close()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def reconnects(self) -> int:
        """Times the source was opened again after having worked; waits for no lock."""
        return self._status.reconnects

    def status(self) -> CameraStatus:
        """Return the camera's status."""
        counts = self._mailbox.counts()
        with self._lock:
            now = self._status
        if (
            now.state in {CameraState.ALIVE, CameraState.CONNECTING}
            and self._mailbox.live
            and not self._watching(datetime.now(UTC))
        ):
            now = replace(now, state=CameraState.PAUSED)
        return replace(now, read=counts.read, analysed=counts.analysed, dropped=counts.dropped)

    def _run(self) -> None:
        _yield_to_the_engine()
        attempt, refused = 0, False
        try:
            while not self._stop.is_set():
                self._well_since = math.inf
                failure = self._read_once()
                if failure is None or self._stop.is_set():
                    return
                settled = time.monotonic() - self._well_since > _SETTLED
                if settled or isinstance(failure, SourceRefused) is not refused:
                    attempt, refused = 0, isinstance(failure, SourceRefused)
                if not self._worth_retrying(failure):
                    self._show(state=CameraState.BROKEN, error=str(failure))
                    return
                self._show(state=CameraState.RETRYING, error=str(failure))
                self._stop.wait(retry_delay(attempt, failure))
                attempt += 1
        finally:
            if self._stop.is_set():
                self._show(state=CameraState.STOPPED)
            self._mailbox.finish()

    def _read_once(self) -> Exception | None:
        """Open, read to the end and close. Returns what went wrong, None at a regular end."""
        source: Source | None = None
        try:
            source = self._opener(self._camera, stop=self._stop)
            self._mailbox.live = source.live
            late = 0
            for frame in source:
                self._hand_over(frame, source.trouble)
                if source.late > late:
                    self._mailbox.pass_over(LATE, source.late - late)
                    late = source.late
                if self._stop.is_set():
                    return None
            if not self._stop.is_set():
                self._show(state=CameraState.ENDED, error=source.trouble)
        except SourceError as error:
            return error
        except Exception as error:  # noqa: BLE001 - one camera's surprise must not go unseen
            return _Surprise(self._clean(f"{type(error).__name__}: {error}"))
        finally:
            if source is not None:
                source.close()
        return None

    def _hand_over(self, frame: Frame, trouble: str | None) -> None:
        if math.isinf(self._well_since):
            self._well_since = time.monotonic()
            if self._has_worked:
                self._show(reconnects=self._status.reconnects + 1)
            self._has_worked = True
        self._show(
            state=CameraState.ALIVE,
            error=trouble,
            width=frame.width,
            height=frame.height,
            last_frame_at=frame.captured_at,
            processor_s=time.thread_time(),
        )
        self._mailbox.put(frame)

    def _worth_retrying(self, failure: Exception) -> bool:
        if isinstance(failure, SourceBroken):
            # A stream that has worked before may come back after an answer such as 404.
            return self._address.network and self._has_worked and self._mailbox.live
        if isinstance(failure, SourceError) or self._mailbox.live:
            return True
        # An unexpected error in a camera's first answer may be gone in its next.
        return not self._has_worked and (self._address.network or self._address.live)

    def _show(self, **changes: Any) -> None:
        if isinstance(changes.get("error"), str):
            changes["error"] = self._clean(changes["error"])
        with self._lock:
            before = self._status
            now = self._status = replace(before, **changes)
        if now.state is before.state:
            return
        level = logging.INFO if now.error is None else logging.WARNING
        _log.log(level, "%s: %s%s", now.camera, now.state, f": {now.error}" if now.error else "")

    def _clean(self, text: str) -> str:
        return redact(text, self._address)


class _Surprise(Exception):  # noqa: N818 - never raised: it carries a text
    """An unexpected error, its text redacted."""


def _yield_to_the_engine() -> None:
    """Lower this thread's priority: the engine gets the processor first, nine to one on Linux.

    A frame that is decoded while the engine cannot keep up would be dropped anyway.
    """
    if sys.platform == "linux":
        me = get_native_id()
        os.setpriority(os.PRIO_PROCESS, me, os.getpriority(os.PRIO_PROCESS, me) + _NICER)


def retry_delay(attempt: int, failure: Exception | None = None) -> float:
    """Seconds to wait before retry number `attempt` (from 0) after failures of one sort, jittered.

    Jitter (drawn from the upper half of the span) prevents the cameras behind one switch from
    retrying all at once when it returns.
    """
    if isinstance(failure, SourceRefused):
        return min(LAST_REFUSED_RETRY, REFUSED_RETRY * 2.0 ** min(attempt, 10))
    longest = min(LAST_RETRY, FIRST_RETRY * 2.0 ** min(attempt, 10))
    share: float = random.uniform(0.5, 1.0)  # noqa: S311 - not a secret
    return longest * share

"""Mailbox: the bounded queue of frames from a camera's reader to the loop.

One mailbox per camera, one shared `ready` condition for all of them. The reader calls `put` and,
at the end, `finish`; the loop waits on `ready`, calls `take`, and accounts for every frame it took
with `analysed()` or `drop(reason)`. So at any moment

    read == analysed + sum(dropped.values()) + pending

where pending frames are those waiting here plus those in the loop's hands.

    with ready:
        ready.wait_for(lambda: stopping or any(box.waiting or box.finished for box in boxes))
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from threading import Condition

from vision.frames import Frame

SUPERSEDED = "superseded"
"""A newer frame of the same live camera came before this one was looked at."""
LATE = "late"
"""This machine lagged behind a live stream: its buffered packets were skipped undecoded."""
CLOSED = "closed"
"""The mailbox was closed while the frame was still waiting in it."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of a camera's frames so far; `read == analysed + dropped + pending`."""

    read: int = 0
    analysed: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    pending: int = 0

    def plus(self, other: Counts) -> Counts:
        """These and another mailbox's."""
        reasons = dict.fromkeys((*self.dropped, *other.dropped))
        dropped = {r: self.dropped.get(r, 0) + other.dropped.get(r, 0) for r in reasons}
        return Counts(
            self.read + other.read,
            self.analysed + other.analysed,
            dropped,
            self.pending + other.pending,
        )


class Mailbox:
    """Frames of one camera on their way to the loop. Every method may be called by any thread.

    A live camera's newest frame wins: an unread older one is dropped and counted. A recording's
    frames are never dropped: `put` waits for room.

    Attributes:
        camera: id of the camera.
        live: newest frame wins; the reader corrects it when the source turns out otherwise
            (an HTTP address may hold a recording or a live stream).
    """

    def __init__(
        self, camera: str, *, live: bool, ready: Condition | None = None, size: int = 4
    ) -> None:
        self.camera = camera
        self.live = live
        self._ready = ready if ready is not None else Condition()
        self._size = size
        self._changed = Condition()
        self._frames: deque[Frame] = deque()
        self._read = 0
        self._analysed = 0
        self._in_hand = 0
        self._dropped: dict[str, int] = {}
        self._ended = False
        self._closed = False

    def put(self, frame: Frame) -> bool:
        """Leave a frame; for a recording, wait for room first.

        Returns:
            False when the mailbox is closed and the frame was not taken in (nor counted).
        """
        with self._changed:
            if not self.live:
                self._changed.wait_for(lambda: self._closed or len(self._frames) < self._size)
            if self._closed:
                return False
            self._read += 1
            if self.live:
                self._discard(SUPERSEDED)
            self._frames.append(frame)
        self._notify()
        return True

    def pass_over(self, reason: str, count: int) -> None:
        """Count `count` due frames that were skipped for this reason and never put here."""
        with self._changed:
            self._read += count
            self._dropped[reason] = self._dropped.get(reason, 0) + count

    def take(self) -> Frame | None:
        """The next frame, or None when none waits. Follow up with `analysed` or `drop`."""
        with self._changed:
            if not self._frames:
                return None
            frame = self._frames.popleft()
            self._in_hand += 1
            self._changed.notify_all()
            return frame

    def analysed(self, count: int = 1) -> None:
        """The model has looked at `count` of the frames taken."""
        with self._changed:
            self._return(count)
            self._analysed += count

    def drop(self, reason: str, count: int = 1) -> None:
        """`count` of the frames taken were not looked at, for this reason."""
        with self._changed:
            self._return(count)
            self._dropped[reason] = self._dropped.get(reason, 0) + count

    def finish(self) -> None:
        """No frame will follow; those waiting can still be taken."""
        with self._changed:
            self._ended = True
        self._notify()

    def close(self) -> None:
        """Nobody will take frames any more: drop those waiting and release a waiting `put`."""
        with self._changed:
            self._closed = True
            self._discard(CLOSED)
            self._changed.notify_all()
        self._notify()

    @property
    def waiting(self) -> int:
        """Number of frames that `take` could return now."""
        with self._changed:
            return len(self._frames)

    @property
    def closed(self) -> bool:
        """`close` was called: `put` refuses frames."""
        return self._closed

    @property
    def finished(self) -> bool:
        """No frame waits and none will follow."""
        with self._changed:
            return not self._frames and (self._ended or self._closed)

    def counts(self) -> Counts:
        """A consistent snapshot of the counters."""
        with self._changed:
            pending = len(self._frames) + self._in_hand
            return Counts(self._read, self._analysed, dict(self._dropped), pending)

    def _return(self, count: int) -> None:
        if not 0 <= count <= self._in_hand:
            raise ValueError(f"{self.camera}: {count} frames given back, {self._in_hand} taken")
        self._in_hand -= count

    def _discard(self, reason: str) -> None:
        if self._frames:
            self._dropped[reason] = self._dropped.get(reason, 0) + len(self._frames)
            self._frames.clear()

    def _notify(self) -> None:
        with self._ready:
            self._ready.notify_all()

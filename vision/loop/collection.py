"""Collection: selects the due frames of the next batch, round-robin over the cameras."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Condition

from vision.frames import Frame
from vision.sources.mailbox import Mailbox


@dataclass(frozen=True, slots=True)
class Taken:
    """A frame that the loop has taken, and the mailbox it must be accounted to."""

    mailbox: Mailbox
    frame: Frame


class Collector:
    """Takes frames from mailboxes, one per camera in turn, more only if there is room.

    The turn continues where the last batch stopped, so with more cameras than places in a batch no
    camera waits longer than one full round. Any thread may add and remove; one takes.

    Args:
        mailboxes: one per camera.
        ready: the condition that all of them notify.
    """

    def __init__(self, mailboxes: Sequence[Mailbox], ready: Condition) -> None:
        self._ready = ready
        self._mailboxes: list[Mailbox] = []
        self._turn = 0
        for mailbox in mailboxes:
            self.add(mailbox)

    def add(self, mailbox: Mailbox) -> None:
        """Serve this camera too; ValueError if one of its name is served already."""
        with self._ready:
            if any(m.camera == mailbox.camera for m in self._mailboxes):
                raise ValueError(f"camera {mailbox.camera} is in the loop already; remove it first")
            self._mailboxes.append(mailbox)
            self._ready.notify_all()

    def remove(self, camera: str) -> Mailbox:
        """Serve this camera no longer; KeyError if it is not served."""
        with self._ready:
            for place, mailbox in enumerate(self._mailboxes):
                if mailbox.camera == camera:
                    del self._mailboxes[place]
                    self._turn -= self._turn > place
                    self._ready.notify_all()
                    return mailbox
        raise KeyError(f"no camera {camera} is in the loop")

    def serves(self, mailbox: Mailbox) -> bool:
        """Whether this mailbox is still served."""
        with self._ready:
            return any(m is mailbox for m in self._mailboxes)

    @property
    def mailboxes(self) -> tuple[Mailbox, ...]:
        """The mailboxes that are served now."""
        with self._ready:
            return tuple(self._mailboxes)

    @property
    def drained(self) -> bool:
        """Every mailbox is finished and every frame taken has been accounted for."""
        return all(m.finished and m.counts().pending == 0 for m in self.mailboxes)

    def wait(self, limit: int, window_s: float, stopping: Callable[[], bool]) -> None:
        """Wait for a frame, then up to `window_s` seconds for a fuller batch, or for `stopping`."""
        with self._ready:
            self._ready.wait_for(lambda: stopping() or self._cameras_waiting() > 0)
            unfinished = sum(not m.finished for m in self._mailboxes)
            enough = min(limit, unfinished)
            self._ready.wait_for(
                lambda: stopping() or self._cameras_waiting() >= enough, timeout=window_s
            )

    def take(self, limit: int) -> list[Taken]:
        """Up to `limit` frames that wait now; in order for each camera."""
        with self._ready:
            count = len(self._mailboxes)
            circle = [self._mailboxes[(self._turn + n) % count] for n in range(count)]
            taken: list[Taken] = []
            while circle and len(taken) < limit:
                circle = self._round(circle, limit, taken)
            return taken

    def _round(self, circle: list[Mailbox], limit: int, taken: list[Taken]) -> list[Mailbox]:
        """Take at most one frame of each; returns those that had one."""
        had_one = []
        for mailbox in circle:
            if len(taken) == limit:
                break
            frame = mailbox.take()
            if frame is not None:
                taken.append(Taken(mailbox, frame))
                had_one.append(mailbox)
                self._turn = (self._mailboxes.index(mailbox) + 1) % len(self._mailboxes)
        return had_one

    def _cameras_waiting(self) -> int:
        return sum(m.waiting > 0 for m in self._mailboxes)

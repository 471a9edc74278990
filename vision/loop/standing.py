"""Standing: what was last seen of each camera, for frames in which nothing has changed since."""

from __future__ import annotations

from dataclasses import replace

from vision.detections import Detections
from vision.look import Look
from vision.loop.collection import Taken
from vision.sources.mailbox import Mailbox


class Standing:
    """The latest detections of each mailbox; one thread's."""

    def __init__(self) -> None:
        self._latest: dict[Mailbox, tuple[int, Detections]] = {}

    def seen(self, taken: Taken, detections: Detections | None) -> Detections | None:
        """Return what was seen in a frame, kept to be reused; None where that failed."""
        if detections is None:
            self.forget(taken.mailbox)
        else:
            self._latest[taken.mailbox] = taken.frame.part, detections
        return detections

    def again(self, taken: Taken) -> Detections | None:
        """What was seen before, marked as reused.

        None where that is lost, or lies beyond a seam of a recording.
        """
        part, before = self._latest.get(taken.mailbox, (0, None))
        if before is None or part != taken.frame.part:
            return None
        return replace(Look.of(before), reused=True).on(before)

    def forget(self, mailbox: Mailbox) -> None:
        """Nothing stands for it any more."""
        self._latest.pop(mailbox, None)

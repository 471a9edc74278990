"""AttributeReader: adds what is read from pictures to what was seen in them, a batch at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from vision.detections import Detections
from vision.frames import Frame
from vision.loop.metrics import LoopObserver, Step

Attributes = Callable[[Sequence[Frame], Sequence[Detections]], Sequence[Detections]]
"""Takes frames, of several cameras, and what was seen in each; gives that with more to it."""


class AttributeReader:
    """Reads the attributes of a batch; where that fails, frame by frame.

    Args:
        read: what reads them; None where nothing is read.
        observer: receives the time spent.
        fault: called for a frame whose attributes cannot be read: camera, what failed, error.
    """

    def __init__(
        self,
        read: Attributes | None,
        observer: LoopObserver,
        fault: Callable[[str, str, Exception], None],
    ) -> None:
        self._read = read
        self._observer = observer
        self._fault = fault

    def add(
        self, frames: Sequence[Frame], found: Sequence[Detections | None]
    ) -> Sequence[Detections | None]:
        """What was found in each frame, with its attributes; None where nothing could be told."""
        if self._read is None:
            return found
        seen = [(frame, one) for frame, one in zip(frames, found, strict=True) if one is not None]
        if not seen:
            return found
        started = time.perf_counter()
        try:
            read = iter(self._read([frame for frame, _ in seen], [one for _, one in seen]))
        except Exception:  # noqa: BLE001 - one camera's trouble must not stop the others
            read = iter([self._alone(frame, one) for frame, one in seen])
        self._observer.spent(Step.ATTRIBUTES, time.perf_counter() - started)
        return [None if one is None else next(read) for one in found]

    def _alone(self, frame: Frame, seen: Detections) -> Detections:
        assert self._read is not None
        try:
            return self._read([frame], [seen])[0]
        except Exception as error:  # noqa: BLE001 - without attributes is better than not at all
            self._fault(frame.camera, "its attributes could not be read", error)
            return seen

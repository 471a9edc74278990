"""Stillness: a scene that has not changed need not be looked at again by the model."""

from __future__ import annotations

from datetime import datetime

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frames import Clock, Frame

MAX_AGE_S = 30.0
"""Longest time that a result stands for a still scene, in seconds."""
SETTLING = 3
"""Looks after a change that the model makes in any case: rules want to see a thing more than once,
and one look may have been at something passing."""

_SIZE = (160, 96)  # of the luma that is compared, width and height in pixels
_BLOCK = (6, 8)  # its blocks, height and width; a person at 640 px covers one
_CHANGED = 4.0  # mean difference in some block, of 255; sensor noise of 5 leaves about 1.5


class Stillness:
    """Tells for one camera which of its frames the model needs to see.

    A frame is held against the one that the model saw last, so that what changes slowly adds up.
    Small things count: it is the block that changed most that decides. Pictures of an album are
    each their own scene, and so is what lies beyond a seam of a recording (`Frame.part`).
    """

    def __init__(self) -> None:
        self._seen: NDArray[np.float32] | None = None
        self._seen_at: datetime | None = None
        self._size: tuple[int, int] | None = None
        self._settling = SETTLING
        self._source_part = 0

    def changed(self, frame: Frame) -> bool:
        """Whether the model is to look at the camera's next frame; it is taken to do so."""
        if frame.part != self._source_part:
            self._source_part = frame.part
            self.forget()
        luma, size = _luma(frame), (frame.width, frame.height)
        if size != self._size or not self._stands(frame, luma):
            self._settling = SETTLING
        if self._settling == 0:
            return False
        self._settling -= 1
        self._seen, self._seen_at, self._size = luma, frame.captured_at, size
        return True

    def forget(self) -> None:
        """Nothing that was seen counts any more: the next looks are the model's."""
        self._seen = None

    def _stands(self, frame: Frame, luma: NDArray[np.float32]) -> bool:
        if self._seen is None or self._seen_at is None or frame.clock is Clock.PHOTO:
            return False
        if _difference(self._seen, luma) >= _CHANGED:
            return False
        age = (frame.captured_at - self._seen_at).total_seconds()
        if not 0 <= age < MAX_AGE_S:
            self._settling = max(self._settling, 1)
        return True


def _luma(frame: Frame) -> NDArray[np.float32]:
    grey = cv2.cvtColor(frame.small, cv2.COLOR_BGR2GRAY)
    return cv2.resize(grey, _SIZE, interpolation=cv2.INTER_AREA).astype(np.float32)


def _difference(before: NDArray[np.float32], after: NDArray[np.float32]) -> float:
    """Mean difference in the block that differs most."""
    high, wide = _BLOCK
    width, height = _SIZE
    blocks = np.abs(after - before).reshape(height // high, high, width // wide, wide)
    return float(blocks.mean(axis=(1, 3)).max())

"""Letterboxing: an engine that does nothing else, to see what is spent on the way to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.catalogue import find
from vision.detections import Detections, make_detections
from vision.engines import Engine
from vision.engines.letterbox import Letterbox
from vision.frames import Pixels
from vision.model_choice import ModelChoice


class Letterboxing:
    """An engine that letterboxes pictures and sees nothing; see `Engine`.

    Args:
        choice: whose model it would run.
    """

    name, batch, depth = "letterboxing alone", 16, 2
    device = device_memory = None

    def __init__(self, choice: ModelChoice) -> None:
        self.model = find(choice.name)
        self.image_size = choice.image_size
        self._rooms: dict[tuple[int, int], Pixels] = {}

    def submit(self, images: Sequence[Pixels]) -> _Nothing:
        """See `Engine`."""
        for image in images:
            height, width, _ = image.shape
            box = Letterbox.fit(width, height, self.image_size)
            box.draw(image, self._rooms.setdefault(box.shape, np.empty((*box.shape, 3), np.uint8)))
        return _Nothing(len(images))

    def infer(self, images: Sequence[Pixels]) -> list[Detections]:
        """See `Engine`."""
        return self.submit(images).result()

    def run_bare(self, batch: Pixels, times: int) -> None:
        """See `Engine`; there is nothing to run."""

    def warm_up(self) -> None:
        """See `Engine`."""

    def close(self) -> None:
        """See `Engine`."""


@dataclass(frozen=True, slots=True)
class _Nothing:
    """What `Letterboxing` sees of so many pictures."""

    pictures: int

    def result(self) -> list[Detections]:
        none = np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int64)
        return [make_detections(*none, ()) for _ in range(self.pictures)]


def open_letterboxing(choice: ModelChoice) -> Engine:
    """As `open_engine`, for the server's process."""
    return Letterboxing(choice)

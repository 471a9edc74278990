"""Eyes: an engine that sees what a test says, and computes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from models import find
from vision.detections import Detections
from vision.frames import Pixels


class Eyes:
    """See `vision.engines.engine.Engine`; subclasses say what they see of a picture."""

    name, batch, depth, image_size = "eyes", 2, 1, 320
    device = device_memory = None
    model = find("streetwarden-n")

    def __init__(self) -> None:
        self._found: list[Detections] = []

    def see(self, image: Pixels) -> Detections:
        """What a picture shows."""
        raise NotImplementedError

    def submit(self, images: Sequence[Pixels]) -> Eyes:
        self._found = [self.see(image) for image in images]
        return self

    def result(self) -> list[Detections]:
        return self._found

    def infer(self, images: Sequence[Pixels]) -> list[Detections]:
        return self.submit(images).result()

    def warm_up(self) -> None:
        """Nothing to warm."""

    def close(self) -> None:
        """Nothing to close."""

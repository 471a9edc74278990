"""Engines for a server's process: they read a code painted into a picture, and do as it says."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event, Thread

import numpy as np

from models import find
from vision.detections import Detections, make_detections
from vision.engines import ModelChoice
from vision.errors import EngineError
from vision.frames import Pixels

BAD, ILL, KILLS, HANGS, SLOW = 201, 202, 203, 204, 205
"""Cameras whose pictures make the engine fail on them, fail for good, die, hang or be slow."""


def painted(camera: int, index: int, *, width: int = 160, height: int = 96) -> Pixels:
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:] = (camera, index % 256, index // 256)
    return pixels


def code(found: Detections, *, width: int = 160) -> tuple[int, int]:
    """Camera and index, out of what `PaintedEngine` saw of a picture this wide."""
    assert found.class_id is not None
    assert found.confidence is not None
    [[left, _, right, _]], [score] = found.xyxy, found.confidence
    index = round(float(score) * 1000)
    assert left == 0
    assert found.class_id == [index % 3], "rows of two pictures were mixed"
    return round(float(right) * PaintedEngine.image_size / width) - 1, index


class PaintedEngine:
    """Answers with one box: its right edge is the camera, its score the index in thousandths."""

    name, depth, image_size = "painted", 2, 320
    device = device_memory = None
    model = find("streetwarden-n")

    def __init__(self) -> None:
        self.batch = 4
        self.ill = False

    def submit(self, images: Sequence[Pixels]) -> _Pending:
        return _Pending(self, [image.copy() for image in images])

    def infer(self, images: Sequence[Pixels]) -> list[Detections]:
        return self.submit(images).result()

    def run_bare(self, batch: Pixels, times: int) -> None:
        raise NotImplementedError

    def warm_up(self) -> None:
        if self.ill:
            raise EngineError("the device is lost")

    def close(self) -> None:
        """Nothing to close."""

    def look(self, image: Pixels) -> Detections:
        camera, low, high = (int(v) for v in image[len(image) // 2, image.shape[1] // 2])
        if camera == ILL:
            self.ill = True
        if camera in (BAD, ILL) or self.ill:
            raise RuntimeError("cannot look at this")
        if camera == KILLS:
            os.kill(os.getpid(), signal.SIGKILL)
        if camera == HANGS:
            time.sleep(3600)
        if camera == SLOW:
            time.sleep(0.05)
        index = low + 256 * high
        box = np.array([[0, 0, camera + 1, 96]], np.float32)
        score = np.array([index / 1000], np.float32)
        return make_detections(box, score, np.array([index % 3]), self.model.classes)


class _Pending:
    def __init__(self, engine: PaintedEngine, images: list[Pixels]) -> None:
        self._engine, self._images = engine, images

    def result(self) -> list[Detections]:
        return [self._engine.look(image) for image in self._images]


def open_painted(choice: ModelChoice) -> PaintedEngine:
    """For `EngineServerProcess(opener=...)`."""
    return PaintedEngine()


def open_when_written_to(choice: ModelChoice) -> PaintedEngine:
    """Takes as long to load as nobody writes into the FIFO that the choice names."""
    with Path(choice.name).open("rb") as gate:
        gate.read()
    return PaintedEngine()


def open_nothing(choice: ModelChoice) -> PaintedEngine:
    raise EngineError(f"Weights of {choice.name!r} are missing.")


def open_nothing_and_stay(choice: ModelChoice) -> PaintedEngine:
    """As `open_nothing`, and the process does not end: a thread of it goes on for ever."""
    Thread(target=Event().wait, name="stays").start()
    return open_nothing(choice)

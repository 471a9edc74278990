"""A fake engine that reads a code painted into the pixels, and frames that carry such codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Condition
from typing import Any

import numpy as np
import pytest

from vision.detections import Detections, make_detections
from vision.errors import EngineError
from vision.frames import Clock, Frame, Pixels
from vision.loop import InferenceLoop

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
LIMIT = 20.0
"""Seconds after which a wait in these tests counts as hung."""


def painted(camera: int, index: int, *, width: int = 32, height: int = 24) -> Frame:
    """A frame whose every pixel says its camera's number and its own."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:] = (camera, index % 256, index // 256)
    return Frame(
        pixels, f"c{camera}", START + timedelta(seconds=index), index, Clock.ARRIVAL, str(index)
    )


@dataclass(frozen=True)
class Halved:
    """A picture of which the model sees half the width and half the height."""

    small: Pixels
    width: int
    height: int

    def whole(self) -> Pixels:
        raise AssertionError("nobody asked for the whole picture")


def code(pixels: Pixels) -> tuple[int, int]:
    """Camera and index painted into a picture; ValueError if it is not of one colour."""
    if (pixels != pixels[0, 0]).any():
        raise ValueError("this picture was put together from several")
    camera, low, high = (int(v) for v in pixels[-1, -1])
    return camera, low + 256 * high


@dataclass
class PaintedEngine:
    """Answers with one box whose class is the camera and whose right edge is the index."""

    batch: int = 4
    depth: int = 2
    name: str = "painted"
    refuses: Callable[[int, int], bool] = lambda camera, index: False
    read: Callable[[Pixels], tuple[int, int]] = code
    broken: bool = False
    closed: bool = False
    warm_ups: int = 0
    batches: list[list[tuple[int, int]]] = field(default_factory=list)
    device: None = None

    def submit(self, images: Sequence[Pixels]) -> _Pending:
        if self.broken:
            raise EngineError("the device is lost")
        codes = [self.read(image) for image in images]
        self.batches.append(codes)
        return _Pending(self, codes)

    def infer(self, images: Sequence[Pixels]) -> list[Detections]:
        return self.submit(images).result()

    def warm_up(self) -> None:
        if self.broken:
            raise EngineError("the device is lost")
        self.warm_ups += 1

    def close(self) -> None:
        self.closed = True


@dataclass
class _Pending:
    engine: PaintedEngine
    codes: list[tuple[int, int]]

    def result(self) -> list[Detections]:
        if any(self.engine.refuses(*c) for c in self.codes):
            raise RuntimeError("cannot look at this")
        return [
            make_detections(
                np.array([[0, 0, index + 1, 1]], np.float32),
                np.array([0.9], np.float32),
                np.array([camera]),
                [f"c{n}" for n in range(256)],
            )
            for camera, index in self.codes
        ]


class Delivered:
    """A delivery that keeps what came, as (camera, frame index), and checks that it belongs."""

    def __init__(self) -> None:
        self.frames: list[tuple[str, int]] = []
        self.mixed: list[str] = []

    def __call__(self, frame: Frame, detections: Detections) -> None:
        [name], [[_, _, right, _]] = detections.data["class_name"], detections.xyxy
        index = round(right * frame.small.shape[1] / frame.width) - 1
        if (name, index) != (frame.camera, frame.index):
            self.mixed.append(f"{frame.camera}#{frame.index} got {name}#{index}")
        self.frames.append((frame.camera, frame.index))

    def of(self, camera: str) -> list[int]:
        return [index for name, index in self.frames if name == camera]


@pytest.fixture
def ready() -> Condition:
    return Condition()


@pytest.fixture
def run_loop(ready: Condition) -> Any:
    """Start a loop; it is stopped when the test ends."""
    loops: list[InferenceLoop] = []

    def start(engine: Any, boxes: Any, deliver: Any, **options: Any) -> InferenceLoop:
        loop = InferenceLoop(engine, boxes, deliver, ready=ready, **options)
        loops.append(loop)
        loop.start()
        return loop

    yield start
    for loop in loops:
        assert loop.stop(LIMIT)


@pytest.fixture(scope="session")
def fakes() -> Any:
    """The fakes of this folder, for tests that are imported by path."""
    return _Fakes


class _Fakes:
    Engine = PaintedEngine
    Delivered = Delivered
    painted = staticmethod(painted)
    Halved = Halved
    LIMIT = LIMIT

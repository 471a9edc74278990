"""Rig: cameras, their readers and a loop that delivers to nobody, for measuring."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from threading import Condition
from types import TracebackType
from typing import Self

from scripts.bench.deciding import Deciding
from vision.detections import Detections
from vision.engines.engine import Engine
from vision.frames import Frame
from vision.loop.loop import InferenceLoop
from vision.loop.metrics import LoopObserver
from vision.site import Camera
from vision.sources.mailbox import Counts, Mailbox
from vision.sources.reader import Reader
from vision.sources.source import open_source
from vision.view.stillness import Stillness


class Rig:
    """Live cameras in one loop; a context manager that starts and stops them.

    Args:
        urls: a stream per camera; cameras are named `camera-0`, `camera-1`, ….
        engine: warmed up; its owner closes it.
        looks: per second and camera.
        observer: told what the loop does.
        still: let what was seen stand for still scenes, as the product does.
        decide: track and decide on every look, as the product does; events go nowhere.
        spread_s: cameras are started one by one in so many seconds.
    """

    def __init__(
        self,
        urls: Sequence[str],
        engine: Engine,
        *,
        looks: float,
        observer: LoopObserver,
        still: bool = False,
        decide: bool = False,
        spread_s: float = 0.0,
    ) -> None:
        self._pause = spread_s / len(urls)
        ready = Condition()
        opener = partial(open_source, image_size=engine.image_size)
        cameras = [
            Camera(id=f"camera-{number}", source=url, analyse_fps=looks)
            for number, url in enumerate(urls)
        ]
        self._boxes = [Mailbox(camera.id, live=True, ready=ready) for camera in cameras]
        self.readers = tuple(
            Reader(camera, box, opener=opener)
            for camera, box in zip(cameras, self._boxes, strict=True)
        )
        scenes = {camera.id: Stillness() for camera in cameras}
        self.loop = InferenceLoop(
            engine,
            self._boxes,
            Deciding(cameras, engine.model) if decide else _to_nobody,
            ready=ready,
            observer=observer,
            needed=(lambda frame: scenes[frame.camera].changed(frame)) if still else _always,
        )

    def __enter__(self) -> Self:
        self.loop.start()
        for reader in self.readers:
            reader.start()
            time.sleep(self._pause)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for reader in self.readers:
            reader.stop(0)
        for reader in self.readers:
            reader.stop(10)
        self.loop.stop()

    def counts(self) -> list[Counts]:
        """What became of each camera's frames."""
        return [box.counts() for box in self._boxes]


def _to_nobody(_frame: Frame, _detections: Detections) -> None:
    """What a look is delivered to."""


def _always(_frame: Frame) -> bool:
    return True

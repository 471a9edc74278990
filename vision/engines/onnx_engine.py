"""OnnxEngine: the detector in ONNX Runtime, on any CPU that it is built for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.catalogue import ModelEntry
from models.errors import ModelError
from models.export import export_onnx
from models.runtime import cache_dir
from vision.detections import Detections
from vision.engines.engine import score_floor
from vision.engines.letterbox import Letterbox
from vision.engines.onnx_graph import failed, open_graph
from vision.engines.postprocess import decode
from vision.errors import EngineError
from vision.frames import Pixels

AHEAD = 2
"""Pictures per thread that are drawn and not done: one that computes and one to follow it."""


@dataclass(frozen=True, slots=True)
class _Look:
    """One picture on its way: how it lies in the input, and the network's output to come."""

    box: Letterbox
    output: Future[NDArray[np.float32]]


class OnnxEngine:
    """Runs a detector with ONNX Runtime; see `Engine`.

    The network takes bytes: colour order, layout and scaling to 0..1 are part of its graph. Each
    picture is a run of its own, computed by one thread, and there is a thread per core: they need
    not wait for each other at every layer, and the next picture is scaled while others compute.

    Args:
        model: from `models.find`; converted on first use and kept in `cache`.
        image_size: longer side of the input in pixels, a multiple of 32.
        cache: folder for converted models; the user's cache folder by default.

    Raises:
        EngineError: the weights cannot be read or converted, or ONNX Runtime refuses them.
    """

    name = "onnx-cpu"
    device = None
    device_memory = None
    depth = 2

    def __init__(
        self, model: ModelEntry, *, image_size: int = 640, cache: Path | None = None
    ) -> None:
        self.model = model
        self.image_size = image_size
        self._floor = score_floor(model)
        try:
            graph = export_onnx(model, cache or cache_dir() / "models")
        except ModelError as error:
            raise EngineError(str(error)) from error
        self._session = open_graph(graph)
        self.batch = _cores()
        self._threads = ThreadPoolExecutor(self.batch, "onnx-engine")

    def submit(self, images: Sequence[Pixels]) -> OnnxPending:
        """Start on pictures; returns once each is drawn; see `Engine.submit`."""
        looks: list[_Look] = []
        for image in images:
            box = Letterbox.fit(image.shape[1], image.shape[0], self.image_size)
            pixels = np.empty((1, *box.shape, 3), np.uint8)
            box.draw(image, pixels[0])
            if len(looks) >= self.batch * AHEAD:  # else a hundred tiles would all wait in memory
                looks[-self.batch * AHEAD].output.exception()
            looks.append(_Look(box, self._threads.submit(self._run, pixels)))
        return OnnxPending(looks, self.model.classes, self._floor)

    def infer(self, images: Sequence[Pixels]) -> list[Detections]:
        """Detections of pictures, in their order; see `Engine.infer`."""
        return self.submit(images).result()

    def run_bare(self, batch: Pixels, times: int) -> None:
        """Run the network alone, one run per picture; see `Engine.run_bare`."""
        pictures = [batch[number : number + 1] for number in range(len(batch))]
        for _ in self._threads.map(self._run, pictures * times):
            pass

    def warm_up(self) -> None:
        """Run a blank 16:9 picture on every thread; see `Engine.warm_up`."""
        side = self.image_size
        blank = np.zeros((side * 9 // 16, side, 3), np.uint8)
        self.infer([blank] * self.batch)

    def close(self) -> None:
        """Wait for what is under way and end the threads; see `Engine.close`."""
        self._threads.shutdown()
        del self._session

    def _run(self, pixels: Pixels) -> NDArray[np.float32]:
        """1×H×W×3 uint8 BGR to 1×(4+classes)×anchors; other threads run Python meanwhile."""
        output: NDArray[np.float32] = self._session.run(None, {"pixels": pixels})[0]
        return output


class OnnxPending:
    """A batch under way; see `Pending`."""

    def __init__(self, looks: Sequence[_Look], classes: tuple[str, ...], floor: float) -> None:
        self._looks = looks
        self._classes = classes
        self._floor = floor

    def result(self) -> list[Detections]:
        """Wait for every picture of the batch and decode."""
        return [self._found(look) for look in self._looks]

    def _found(self, look: _Look) -> Detections:
        try:
            output = look.output.result()
        except Exception as error:  # ONNX Runtime's own share no base
            raise failed(error) from error
        [found] = decode(torch.from_numpy(output), [look.box], self._classes, self._floor)
        return found


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

"""OpenVinoEngine: the detector in OpenVINO, on an x86-64 CPU."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openvino
import torch

from models.catalogue import ModelEntry
from models.errors import ModelError
from models.export import export_openvino
from models.runtime import cache_dir
from vision.detections import Detections
from vision.engines.engine import score_floor
from vision.engines.letterbox import Letterbox
from vision.engines.openvino_graph import compile_graph, failed
from vision.engines.postprocess import decode
from vision.errors import EngineError
from vision.frames import Pixels

AHEAD = 2
"""Requests per stream: one that computes and one that is ready to follow it."""


@dataclass(slots=True)
class _Look:
    """One picture on its way: its request until it is done, then what came of it."""

    box: Letterbox
    request: openvino.InferRequest | None
    found: Detections | EngineError | None = None


class OpenVinoEngine:
    """Runs a detector with OpenVINO; see `Engine`.

    The network takes bytes: colour order, layout and scaling to 0..1 are part of its graph. It is
    compiled once for every input size. Each picture is a request of its own, and the pictures of
    a batch run beside each other, one per stream: on a CPU that is quicker than one large tensor,
    and the next picture is scaled while others compute.

    Args:
        model: from `models.find`; converted on first use and kept in `cache`.
        image_size: longer side of the input in pixels, a multiple of 32.
        cache: folder for converted models; the user's cache folder by default.

    Raises:
        EngineError: the weights cannot be read or converted, or OpenVINO refuses the CPU.
    """

    name = "openvino-cpu"
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
            graph = export_openvino(model, cache or cache_dir() / "models")
        except ModelError as error:
            raise EngineError(str(error)) from error
        try:
            self._compiled = compile_graph(graph)
            self._streams = int(self._compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
            requests = [self._compiled.create_infer_request() for _ in range(self._streams * AHEAD)]
        except RuntimeError as error:
            raise failed(error) from error
        self.batch = self._streams
        self._free = deque(requests)
        self._under_way: deque[_Look] = deque()

    def submit(self, images: Sequence[Pixels]) -> OpenVinoPending:
        """Start on pictures; returns once each has a request; see `Engine.submit`."""
        return OpenVinoPending(self, [self._start(image) for image in images])

    def infer(self, images: Sequence[Pixels]) -> list[Detections]:
        """Detections of pictures, in their order; see `Engine.infer`."""
        return self.submit(images).result()

    def run_bare(self, batch: Pixels, times: int) -> None:
        """Run the network alone, one request per picture; see `Engine.run_bare`.

        It borrows the requests that `submit` uses and their own memory. A version that made
        further requests on tensors given from outside, and freed both, was followed by a corrupted
        heap with OpenVINO 2026.4.1; why is not known, so neither is done on a live network.
        """
        while self._under_way:
            self._finish_oldest()
        for number, request in enumerate(self._free):
            self._pixels(request, batch.shape[1:3])[:] = batch[number % len(batch)]
        for number in range(times * len(batch)):
            request = self._free[0]
            if number >= len(self._free):
                request.wait()
            request.start_async()
            self._free.rotate(-1)
        for request in self._free:
            request.wait()

    def warm_up(self) -> None:
        """Run a blank 16:9 picture on every request; see `Engine.warm_up`."""
        side = self.image_size
        blank = np.zeros((side * 9 // 16, side, 3), np.uint8)
        self.infer([blank] * (self._streams * AHEAD))

    def close(self) -> None:
        """Wait for what is under way and free it; see `Engine.close`."""
        while self._under_way:
            self._finish_oldest()
        self._free.clear()
        del self._compiled

    def finish(self, look: _Look) -> Detections:
        """Wait for one picture; those that were started before it finish first."""
        while look.found is None:
            self._finish_oldest()
        if isinstance(look.found, EngineError):
            raise look.found
        return look.found

    def _start(self, image: Pixels) -> _Look:
        box = Letterbox.fit(image.shape[1], image.shape[0], self.image_size)
        while not self._free:
            self._finish_oldest()
        request = self._free.popleft()
        try:
            box.draw(image, self._pixels(request, box.shape))
            request.start_async()
        except RuntimeError as error:
            self._free.append(request)
            raise failed(error) from error
        look = _Look(box, request)
        self._under_way.append(look)
        return look

    @staticmethod
    def _pixels(request: openvino.InferRequest, shape: tuple[int, int]) -> Pixels:
        """The request's own input memory, H×W×3 uint8."""
        tensor = request.get_input_tensor()
        tensor.shape = [1, *shape, 3]
        pixels: Pixels = tensor.data[0]
        return pixels

    def _finish_oldest(self) -> None:
        look = self._under_way.popleft()
        request, look.request = look.request, None
        assert request is not None
        try:
            request.wait()
            outputs = torch.from_numpy(request.get_output_tensor(0).data)
            [look.found] = decode(outputs, [look.box], self.model.classes, self._floor)
        except RuntimeError as error:
            look.found = failed(error)
        finally:
            self._free.append(request)


class OpenVinoPending:
    """A batch under way; see `Pending`."""

    def __init__(self, engine: OpenVinoEngine, looks: Sequence[_Look]) -> None:
        self._engine = engine
        self._looks = looks

    def result(self) -> list[Detections]:
        """Wait for every picture of the batch."""
        return [self._engine.finish(look) for look in self._looks]

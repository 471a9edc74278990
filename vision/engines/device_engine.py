"""DeviceEngine: pictures to a network that PyTorch holds the memory of, on a CPU or CUDA."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
import torch

from models.catalogue import ModelEntry
from vision.detections import Detections
from vision.engines.cuda_graphs import BUCKETS, Compute, CudaStreams
from vision.engines.device_batch import device_batch
from vision.engines.engine import score_floor
from vision.engines.letterbox import Letterbox
from vision.engines.postprocess import best_boxes, detections
from vision.errors import EngineError
from vision.frames import Image, Pixels

log = logging.getLogger(__name__)

CPU_BATCH = 4


@dataclass(frozen=True, slots=True)
class _Part:
    """The pictures of a batch that share an input shape, and what waits for their rows."""

    numbers: tuple[int, ...]
    boxes: tuple[Letterbox, ...]
    rows: Callable[[], torch.Tensor]


class Runner(Protocol):
    """Runs a computation on batches of pictures; see `CudaStreams`."""

    def bucket(self, count: int) -> int: ...  # noqa: D102
    def run(  # noqa: D102
        self, images: Sequence[Image], boxes: Sequence[Letterbox]
    ) -> Callable[[], torch.Tensor]: ...
    def repeat(self, compute: Compute, given: torch.Tensor, times: int) -> None: ...  # noqa: D102


class _AtOnce:
    """The runner of a CPU: computes in `run`, as many pictures as it is given."""

    def __init__(self, device: torch.device, compute: Compute) -> None:
        self._device = device
        self._compute = compute

    @staticmethod
    def bucket(count: int) -> int:
        return count

    def run(
        self, images: Sequence[Image], boxes: Sequence[Letterbox]
    ) -> Callable[[], torch.Tensor]:
        rows = self._compute(device_batch(images, boxes, self._device))
        return lambda: rows

    @staticmethod
    def repeat(compute: Compute, given: torch.Tensor, times: int) -> None:
        for _ in range(times):
            compute(given)


class DeviceEngine:
    """Runs a detector on a device; see `Engine`.

    Bytes go to the device (`device_batch`); colour order, scaling to 0..1, the network and
    suppression happen there, all of it enqueued by `submit`. On CUDA `submit` returns while the
    device computes, and the result waits for a few hundred rows a picture; on a CPU it computes at
    once.
    At most `batch` pictures go at once; where memory is short, half as many from then on, and those
    at hand again.

    Args:
        model: what is run.
        device: where.
        image_size: longer side of the input in pixels, a multiple of 32.
        name: of what runs the network.
        network: N×H×W×3 uint8 BGR on the device to what `models.load.Detector` gives, there.
        runner: makes what runs a computation; by default the plain one of the device.
    """

    def __init__(
        self,
        model: ModelEntry,
        device: torch.device,
        image_size: int,
        *,
        name: str,
        network: Compute,
        runner: Callable[[Compute], Runner] | None = None,
    ) -> None:
        self.model = model
        self.image_size = image_size
        self.device = device
        self._cuda = device.type == "cuda"
        self.name = f"{name}-{device.type}"
        self.batch = BUCKETS[-1] if self._cuda else CPU_BATCH
        self.depth = 2 if self._cuda else 1
        self._floor = score_floor(model)
        self._network = network
        if runner is None:
            runner = partial(CudaStreams if self._cuda else _AtOnce, device)
        self._runner = runner(self._look)

    @property
    def device_memory(self) -> int | None:
        """See `Engine`."""
        return torch.cuda.memory_reserved(self.device) if self._cuda else None

    def submit(self, images: Sequence[Image]) -> DevicePending:
        """Start on pictures; see `Engine.submit`."""
        boxes = [Letterbox.fit(i.shape[1], i.shape[0], self.image_size) for i in images]
        shapes: dict[tuple[int, int], list[int]] = {}
        for number, box in enumerate(boxes):
            shapes.setdefault(box.shape, []).append(number)
        parts = []
        for numbers in shapes.values():
            left = deque(numbers)
            while left:
                now = [left.popleft() for _ in range(min(self.batch, len(left)))]
                fits = tuple(boxes[number] for number in now)
                rows = self._start([images[number] for number in now], fits)
                if rows is None:
                    left.extendleft(reversed(now))
                else:
                    parts.append(_Part(tuple(now), fits, rows))
        return DevicePending(self.name, parts, len(images), self.model.classes)

    def infer(self, images: Sequence[Image]) -> list[Detections]:
        """Detections of pictures, in their order; see `Engine.infer`."""
        return self.submit(images).result()

    def run_bare(self, batch: Pixels, times: int) -> None:
        """Run the network alone on a batch that is on the device already; see `Engine.run_bare`."""
        with torch.inference_mode():
            pixels = torch.from_numpy(batch.copy()).to(self.device)
            self._runner.repeat(self._network, pixels, times)

    def warm_up(self) -> None:
        """Run a blank 16:9 picture; see `Engine.warm_up`."""
        side = self.image_size
        self.infer([np.zeros((side * 9 // 16, side, 3), np.uint8)])

    def close(self) -> None:
        """Free the device's memory; see `Engine.close`."""
        del self._network, self._runner
        if self._cuda:
            torch.cuda.empty_cache()

    def _start(
        self, images: Sequence[Image], boxes: Sequence[Letterbox]
    ) -> Callable[[], torch.Tensor] | None:
        """Start on pictures that share an input shape; None to give it fewer."""
        try:
            with torch.inference_mode():
                return self._runner.run(images, boxes)
        except torch.OutOfMemoryError as error:
            if len(images) == 1:
                raise _failed(self.name, error) from error
            self.batch = self._runner.bucket(len(images)) // 2
            log.warning(
                "%s: memory is short, %d pictures at once from now on", self.name, self.batch
            )
        except RuntimeError as error:  # torch's own CUDA errors derive from it
            raise _failed(self.name, error) from error
        if self._cuda:
            torch.cuda.empty_cache()  # not while the error still holds what was made
        return None

    def _look(self, pixels: torch.Tensor) -> torch.Tensor:
        """N×H×W×3 uint8 BGR on the device to rows of boxes there; see `best_boxes`."""
        return best_boxes(self._network(pixels), self._floor)


class DevicePending:
    """A batch under way; see `Pending`."""

    def __init__(
        self, engine: str, parts: Sequence[_Part], count: int, classes: tuple[str, ...]
    ) -> None:
        self._engine = engine
        self._parts = parts
        self._count = count
        self._classes = classes

    def result(self) -> list[Detections]:
        """Wait for the device."""
        found: dict[int, Detections] = {}
        for part in self._parts:
            try:
                rows = part.rows().numpy()
            except RuntimeError as error:
                raise _failed(self._engine, error) from error
            seen = detections(rows, part.boxes, self._classes)
            found.update(zip(part.numbers, seen, strict=True))
        return [found[number] for number in range(self._count)]


def _failed(name: str, error: RuntimeError) -> EngineError:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return EngineError(
        f"Engine {name} failed on a batch ({reason}). If it repeats, use a smaller `image_size`, "
        "or another engine or device in the site file's `model`."
    )

"""TorchEngine: the detector in PyTorch, on a CPU or a CUDA device."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from models.catalogue import ModelEntry
from models.errors import ModelError
from models.load import load_detector
from vision.detections import Detections
from vision.engines.engine import score_floor
from vision.engines.letterbox import Letterbox
from vision.engines.postprocess import decode
from vision.errors import EngineError
from vision.frames import Pixels

log = logging.getLogger(__name__)

CPU_BATCH = 4
CUDA_BATCH = 16


@dataclass(frozen=True, slots=True)
class _Part:
    """The pictures of a batch that share an input shape, and their raw output."""

    numbers: tuple[int, ...]
    boxes: tuple[Letterbox, ...]
    outputs: torch.Tensor


class TorchEngine:
    """Runs a detector with PyTorch; see `Engine`.

    Bytes go to the device as they are, through pinned memory where the device is CUDA; colour
    order, scaling to 0..1 and 16-bit floats (CUDA only) happen there. On CUDA `submit` returns
    while the device computes; on a CPU it computes at once. At most `batch` pictures go at once;
    where memory is short, half as many from then on, and those at hand again.

    Args:
        model: from `models.find`.
        device: `cpu`, `cuda` or `cuda:N`.
        image_size: longer side of the input in pixels, a multiple of 32.

    Raises:
        EngineError: there is no such device, or the weights cannot be read.
    """

    def __init__(self, model: ModelEntry, *, device: str = "cpu", image_size: int = 640) -> None:
        self.model = model
        self.image_size = image_size
        self._device = _device(device)
        self._cuda = self._device.type == "cuda"
        self.name = "torch-cuda" if self._cuda else "torch-cpu"
        self.batch = CUDA_BATCH if self._cuda else CPU_BATCH
        self.depth = 2 if self._cuda else 1
        self._floor = score_floor(model)
        self._dtype = torch.float16 if self._cuda else torch.float32
        try:
            detector = load_detector(model, self._device, half=self._cuda)
        except ModelError as error:
            raise EngineError(str(error)) from error
        self._detector = detector.to(memory_format=torch.channels_last)

    @property
    def device_memory(self) -> int | None:
        """See `Engine`."""
        return torch.cuda.memory_reserved(self._device) if self._cuda else None

    def submit(self, images: Sequence[Pixels]) -> TorchPending:
        """Start on pictures; see `Engine.submit`."""
        boxes = [Letterbox.fit(i.shape[1], i.shape[0], self.image_size) for i in images]
        shapes: dict[tuple[int, int], list[int]] = {}
        for number, box in enumerate(boxes):
            shapes.setdefault(box.shape, []).append(number)
        parts = []
        for shape, numbers in shapes.items():
            left = deque(numbers)
            while left:
                now = [left.popleft() for _ in range(min(self.batch, len(left)))]
                room = torch.empty((len(now), *shape, 3), dtype=torch.uint8, pin_memory=self._cuda)
                for place, number in zip(room.numpy(), now, strict=True):
                    boxes[number].draw(images[number], place)
                outputs = self._forward(room)
                if outputs is None:
                    left.extendleft(reversed(now))
                else:
                    parts.append(_Part(tuple(now), tuple(boxes[n] for n in now), outputs))
        return TorchPending(parts, len(images), self.model.classes, self._floor)

    def infer(self, images: Sequence[Pixels]) -> list[Detections]:
        """Detections of pictures, in their order; see `Engine.infer`."""
        return self.submit(images).result()

    def run_bare(self, batch: Pixels, times: int) -> None:
        """Run the network alone on a batch that is on the device already; see `Engine.run_bare`."""
        planes = self._planes(torch.from_numpy(batch.copy()))
        with torch.inference_mode():
            for _ in range(times):
                self._detector(planes)
        if self._cuda:
            torch.cuda.synchronize(self._device)

    def warm_up(self) -> None:
        """Run a blank 16:9 picture; see `Engine.warm_up`."""
        side = self.image_size
        self.infer([np.zeros((side * 9 // 16, side, 3), np.uint8)])

    def close(self) -> None:
        """Free the device's memory; see `Engine.close`."""
        del self._detector
        if self._cuda:
            torch.cuda.empty_cache()

    def _forward(self, batch: torch.Tensor) -> torch.Tensor | None:
        """N×H×W×3 uint8 BGR to N×(4+classes)×anchors on the device; None to give it fewer."""
        try:
            with torch.inference_mode():
                outputs: torch.Tensor = self._detector(self._planes(batch))
                return outputs
        except torch.OutOfMemoryError as error:
            if len(batch) == 1:
                raise _failed(self.name, error) from error
            self.batch = len(batch) // 2
            log.warning(
                "%s: memory is short, %d pictures at once from now on", self.name, self.batch
            )
        except RuntimeError as error:  # torch's own CUDA errors derive from it
            raise _failed(self.name, error) from error
        if self._cuda:
            torch.cuda.empty_cache()  # not while the error still holds what was made
        return None

    def _planes(self, batch: torch.Tensor) -> torch.Tensor:
        """N×H×W×3 uint8 BGR to N×3×H×W RGB, 0..1, on the device."""
        pixels = batch.to(self._device, non_blocking=True)
        # A permuted N×H×W×3 tensor is N×3×H×W in channels_last order: no copy is needed.
        return pixels.flip(-1).permute(0, 3, 1, 2).to(self._dtype).div_(255)


class TorchPending:
    """A batch under way; see `Pending`."""

    def __init__(
        self, parts: Sequence[_Part], count: int, classes: tuple[str, ...], floor: float
    ) -> None:
        self._parts = parts
        self._count = count
        self._classes = classes
        self._floor = floor

    def result(self) -> list[Detections]:
        """Wait for the device and decode."""
        found: dict[int, Detections] = {}
        for part in self._parts:
            try:
                with torch.inference_mode():
                    decoded = decode(part.outputs, part.boxes, self._classes, self._floor)
            except RuntimeError as error:
                raise _failed(f"torch on {part.outputs.device}", error) from error
            found.update(zip(part.numbers, decoded, strict=True))
        return [found[number] for number in range(self._count)]


def _failed(name: str, error: RuntimeError) -> EngineError:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return EngineError(
        f"Engine {name} failed on a batch ({reason}). If it repeats, use a smaller `image_size`, "
        "or another engine or device in the site file's `model`."
    )


def torch_device(name: str) -> torch.device:
    """The device that a site names: `auto` is CUDA where it is there, else the CPU.

    Raises:
        EngineError: there is no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return _device(name)


def _device(name: str) -> torch.device:
    try:
        device = torch.device(name)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda"):
        raise EngineError(
            f"Device {name!r} is not one that the torch engine runs on. Write cpu, cuda, or "
            "cuda:0, cuda:1, … for one of several."
        )
    if device.type == "cuda":
        present = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if present == 0:
            raise EngineError(
                f"Device {name!r} was asked for, but PyTorch {torch.__version__} sees no CUDA "
                "device here. Check `nvidia-smi`, install a PyTorch build with CUDA, or set "
                "`device: auto`."
            )
        if (device.index or 0) >= present:
            raise EngineError(
                f"Device {name!r} was asked for, but this machine has {present}, counted from "
                f"cuda:0. Set `device: cuda:{present - 1}` or lower, or `device: auto`."
            )
    return device

"""Engine: a detector on a device, pictures in and detections out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from models.catalogue import ModelEntry
from vision.detections import Detections
from vision.frames import Pixels

if TYPE_CHECKING:
    import torch

SCORE_FLOOR = 0.1
"""Lowest score an engine reports unless the model's own threshold is lower; rules filter further.
Low on purpose: masking hides doubtful people too, and a baseline takes in doubtful roofs."""


class Pending(Protocol):
    """A batch on its way through the device."""

    def result(self) -> list[Detections]:
        """Wait for the batch and return its detections, one item per picture, in order.

        Raises:
            EngineError: the device failed on this batch.
        """
        ...


class Engine(Protocol):
    """A detector on a device. Owned by one thread: no method may be called by two at a time.

    Attributes:
        name: `torch-cpu`, `torch-cuda`, `openvino-cpu`, `onnx-cpu`, `onnx-cuda` or `tensorrt-cuda`.
        model: what is run; its classes name the detections.
        image_size: longer side of the network's input, in pixels.
        batch: number of pictures it likes to be given at once.
        depth: number of batches worth having under way at once; 1 where `submit` computes.
        device: where tensors may lie that it takes besides arrays; None: it takes arrays alone.
        device_memory: bytes of a device's own memory that it holds; None where it shares ours.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def model(self) -> ModelEntry: ...  # noqa: D102
    @property
    def image_size(self) -> int: ...  # noqa: D102
    @property
    def batch(self) -> int: ...  # noqa: D102
    @property
    def depth(self) -> int: ...  # noqa: D102
    @property
    def device(self) -> torch.device | None: ...  # noqa: D102
    @property
    def device_memory(self) -> int | None: ...  # noqa: D102

    def submit(self, images: Sequence[Any]) -> Pending:
        """Start on pictures and return before they are done, where the device allows it.

        Args:
            images: H×W×3 uint8 BGR each; sizes may differ. Arrays may be let go of at return. Where
                the engine has a `device`, tensors too, which lie there or in memory that it reads
                (pinned, for CUDA); they stay as they are until the result is there.

        Raises:
            EngineError: the device failed.
        """
        ...

    def infer(self, images: Sequence[Any]) -> list[Detections]:
        """`submit(images).result()`: boxes xyxy in pixels of each picture, clipped to it."""
        ...

    def run_bare(self, batch: Pixels, times: int) -> None:
        """Run the network `times` times on a ready batch and do nothing else, for benchmarks.

        Args:
            batch: N×H×W×3 uint8 BGR, already letterboxed; H and W multiples of the stride.
        """
        ...

    def warm_up(self) -> None:
        """Run a blank picture, so that the first real one is not slow; EngineError if it fails."""
        ...

    def close(self) -> None:
        """Give the device's memory back; the engine cannot be used afterwards."""
        ...


def score_floor(model: ModelEntry) -> float:
    """The lowest score that engines report for this model."""
    return min(SCORE_FLOOR, model.threshold)

"""Load: a detector ready for inference: fused, in evaluation mode, one tensor in and one out."""

from typing import Any

import torch
from torch import nn

from models.catalogue import ModelEntry
from models.checkpoint import read_checkpoint
from models.errors import UnreadableWeightsError, WrongTaskError


class Detector(nn.Module):
    """A YOLO network with its head decoded and without non-maximum suppression.

    Attributes:
        classes: Class names in output order.
        stride: Height and width of the input must be multiples of this, in pixels.
    """

    def __init__(self, network: Any, classes: tuple[str, ...]) -> None:
        super().__init__()
        self.network: Any = network
        self.classes = classes
        self.stride = int(network.stride.max())

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """Runs the network.

        Args:
            pictures: N×3×H×W, RGB, 0..1, of the module's own type and device; H and W multiples of
                `stride`.

        Returns:
            N×(4+classes)×anchors: centre x, centre y, width, height in input pixels, then a score
            in 0..1 per class.
        """
        predictions: torch.Tensor = self.network(pictures)
        return predictions

    @property
    def kept(self) -> tuple[torch.Tensor, torch.Tensor]:
        """What the head made for the latest input shape and uses again: anchors and their strides.

        A CUDA graph reads them where they lie, so whoever captures one keeps them alive.
        """
        head = self.network.model[-1]
        return head.anchors, head.strides


def load_detector(
    entry: ModelEntry,
    device: torch.device | str = "cpu",
    *,
    half: bool = False,
    nms_free: bool = False,
) -> Detector:
    """Loads a detector.

    Args:
        entry: From `models.find`.
        device: Where to put it.
        half: 16-bit floats instead of 32-bit ones; for CUDA.
        nms_free: Answer with the head that gives each object once, of a network that has one
            (YOLO26): then `Detector` gives N×300×6, x1, y1, x2, y2, score, class.

    Raises:
        UnreadableWeightsError: The file is damaged, or its classes are not those of the entry.
        WrongTaskError: The entry is not a detector.
    """
    if entry.task != "detect":
        raise WrongTaskError(
            f"Model {entry.name!r} is for the task {entry.task!r}, not a detector. "
            "Choose a model whose task is `detect`."
        )
    checkpoint = read_checkpoint(entry.path)
    if checkpoint.classes != entry.classes:
        raise UnreadableWeightsError(
            f"Weights {entry.path} see other classes than the catalogue lists for {entry.name!r}. "
            "Restore `models/` from the repository."
        )
    network: Any = checkpoint.model  # attributes that ultralytics sets at run time
    head = network.model[-1]
    # Left alone, a dual-head network answers with its one-to-many head, as the others do.
    head.end2end = nms_free
    head.export = True  # the decoded tensor alone, without the raw feature maps
    network = network.fuse(verbose=False).eval().requires_grad_(requires_grad=False)
    detector = Detector(network, entry.classes).eval().to(device)
    return detector.half() if half else detector

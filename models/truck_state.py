"""Reads a truck's load and dirt from its crop."""

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from models import runtime
from models.catalogue import ModelEntry
from models.errors import UnreadableWeightsError, WrongTaskError

runtime.settle()

FORMAT = 1
ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "load": ("open", "covered", "empty", "other"),
    "dirt": ("clean", "muddy"),
}
"""Values in the order of the network's outputs; those of `datasets/kinds.yaml`."""
BACKBONE_LAYERS = 11
"""YOLO11's layers up to and with C2PSA: the backbone, without neck and head."""
FEATURES = 256
"""Channels of YOLO11n's last backbone layer."""
GREY = 114
"""Padding value, as ultralytics' letterbox uses."""


@dataclass(frozen=True, slots=True)
class TruckReading:
    """What was read from one crop.

    Attributes:
        load: Most probable load: open, covered, empty or other (box, tank, mixer, cab alone).
        load_score: Its probability, 0..1.
        dirt: Most probable dirt: clean or muddy.
        dirt_score: Its probability, 0..1.
        loads: Probability of every load; sums to 1.
        dirts: Probability of every dirt; sums to 1.
    """

    load: str
    load_score: float
    dirt: str
    dirt_score: float
    loads: Mapping[str, float]
    dirts: Mapping[str, float]


class TruckNetwork(nn.Module):
    """YOLO11n's backbone with one linear head per attribute."""

    def __init__(self) -> None:
        super().__init__()
        detector: Any = DetectionModel("yolo11n.yaml", verbose=False)
        self.backbone = nn.Sequential(*list(detector.model)[:BACKBONE_LAYERS])
        self.drop = nn.Dropout(0.2)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(FEATURES, len(values)) for name, values in ATTRIBUTES.items()}
        )

    def forward(self, crops: torch.Tensor) -> dict[str, torch.Tensor]:
        """Runs the network.

        Args:
            crops: N×3×S×S, RGB, 0..1; S a multiple of 32.

        Returns:
            Attribute name to logits, N×values.
        """
        features = self.drop(self.backbone(crops).mean((2, 3)))
        return {name: head(features) for name, head in self.heads.items()}

    def chances(self, crops: torch.Tensor) -> dict[str, torch.Tensor]:
        """Probabilities, as the mean of what is read from each crop and from its mirror image.

        Args:
            crops: As for `forward`.

        Returns:
            Attribute name to probabilities, N×values.
        """
        logits = self(torch.cat((crops, crops.flip(3))))
        return {
            name: torch.stack(values.softmax(1).chunk(2)).mean(0) for name, values in logits.items()
        }


class TruckState:
    """A loaded reader of truck crops."""

    def __init__(self, network: TruckNetwork, size: int, device: torch.device | str) -> None:
        self._network = network.eval().to(device)
        self._size = size
        self._device = device

    @torch.inference_mode()
    def read(self, crops: Sequence[npt.NDArray[np.uint8]]) -> list[TruckReading]:
        """Reads crops.

        Args:
            crops: Each H×W×3, BGR, cut at the truck's box with a small margin; any size from 1×1.

        Returns:
            One reading per crop, in order.
        """
        if not crops:
            return []
        batch = torch.stack([to_tensor(crop, self._size) for crop in crops]).to(self._device)
        chances = self._network.chances(batch)
        loads, dirts = chances["load"].tolist(), chances["dirt"].tolist()
        return [_reading(load, dirt) for load, dirt in zip(loads, dirts, strict=True)]


def load_truck_state(entry: ModelEntry, device: torch.device | str = "cpu") -> TruckState:
    """Loads the reader of truck crops.

    Raises:
        WrongTaskError: The entry is not for this task.
        UnreadableWeightsError: The file is damaged, or of another format.
    """
    network, size = read_network(entry)
    return TruckState(network, size, device)


def read_network(entry: ModelEntry) -> tuple[TruckNetwork, int]:
    """Reads a network and the side of its square input in pixels.

    Only tensors and plain values are unpickled (`torch.load(weights_only=True)`).

    Raises:
        WrongTaskError: The entry is not for this task.
        UnreadableWeightsError: The file is damaged, or of another format.
    """
    if entry.task != "truck_state":
        raise WrongTaskError(
            f"Model {entry.name!r} is for the task {entry.task!r}, not for reading truck crops. "
            "Choose a model whose task is `truck_state`."
        )
    try:
        saved = torch.load(entry.path, map_location="cpu", weights_only=True)
        network = TruckNetwork()
        network.load_state_dict({name: value.float() for name, value in saved["state"].items()})
        return network, int(saved["size"])
    except (
        OSError,
        EOFError,
        RuntimeError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        BadZipFile,
        pickle.UnpicklingError,
    ) as error:
        raise UnreadableWeightsError(
            f"Weights {entry.path} cannot be read as a truck-state model "
            f"({str(error).splitlines()[0][:160] if str(error) else type(error).__name__}). "
            "Restore the file from the repository."
        ) from error


def save(network: TruckNetwork, size: int, path: Path) -> None:
    """Writes a network's weights in 16-bit floats.

    Args:
        network: What to save.
        size: Side of its square input, in pixels.
        path: File to write.
    """
    state = {
        name: value.half() if value.is_floating_point() else value
        for name, value in network.state_dict().items()
    }
    torch.save({"format": FORMAT, "size": size, "state": state}, path)


def to_tensor(crop: npt.NDArray[np.uint8], size: int) -> torch.Tensor:
    """Scales a crop into a square with grey padding.

    Args:
        crop: H×W×3, BGR.
        size: Side of the square in pixels.

    Returns:
        3×size×size, RGB, 0..1.
    """
    height, width = crop.shape[:2]
    scale = size / max(height, width)
    rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
    shrink = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas = np.full((size, size, 3), GREY, np.uint8)
    top, left = (size - rows) // 2, (size - columns) // 2
    canvas[top : top + rows, left : left + columns] = cv2.resize(
        crop, (columns, rows), interpolation=shrink
    )
    return torch.from_numpy(canvas[:, :, ::-1].copy()).permute(2, 0, 1).float() / 255


def _reading(load: list[float], dirt: list[float]) -> TruckReading:
    loads = dict(zip(ATTRIBUTES["load"], load, strict=True))
    dirts = dict(zip(ATTRIBUTES["dirt"], dirt, strict=True))
    best_load, best_dirt = max(loads, key=loads.__getitem__), max(dirts, key=dirts.__getitem__)
    return TruckReading(
        load=best_load,
        load_score=loads[best_load],
        dirt=best_dirt,
        dirt_score=dirts[best_dirt],
        loads=loads,
        dirts=dirts,
    )

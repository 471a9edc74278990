"""The truck-state reader's network in PyTorch: what is trained, measured, and converted.

Serving from a converted network imports none of this; see `models.truck_state`.
"""

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from models import runtime
from models.catalogue import ModelEntry
from models.convert import planes
from models.errors import UnreadableWeightsError, WrongTaskError
from models.truck_state import ATTRIBUTES, GREY, Floats, TruckState, to_square

runtime.settle()

FORMAT = 1
BACKBONE_LAYERS = 11
"""YOLO11's layers up to and with C2PSA: the backbone, without neck and head."""
FEATURES = 256
"""Channels of YOLO11n's last backbone layer."""


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


class TruckChances(nn.Module):
    """A network's probabilities as one tensor, as `models.load.Detector`: what is converted."""

    def __init__(self, network: TruckNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        """N×3×S×S, RGB, 0..1, to N×values: as `TruckNetwork.chances`, the attributes in a row."""
        return torch.cat(tuple(self.network.chances(crops).values()), 1)


def load_truck_state(entry: ModelEntry, device: torch.device | str = "cpu") -> TruckState:
    """Loads the reader of truck crops in PyTorch.

    Raises:
        WrongTaskError: The entry is not for this task.
        UnreadableWeightsError: The file is damaged, of another format, or for another input size.
    """
    where = torch.device(device)
    chances = load_chances(entry).to(where)

    def squares(crops: Sequence[npt.NDArray[np.uint8] | torch.Tensor], size: int) -> torch.Tensor:
        return torch.stack([square(crop, size) for crop in crops])

    def square(crop: npt.NDArray[np.uint8] | torch.Tensor, size: int) -> torch.Tensor:
        if isinstance(crop, torch.Tensor):
            return to_square_there(crop, size)
        if where.type == "cpu":  # OpenCV is the quicker one there, many times
            return torch.from_numpy(to_square(crop, size))
        return to_square_there(torch.tensor(crop, device=where), size)

    @torch.inference_mode()
    def run(pixels: torch.Tensor) -> Floats:
        crops = pixels.flip(-1).permute(0, 3, 1, 2).float() / 255
        probabilities: Floats = chances(crops).cpu().numpy()
        return probabilities

    return TruckState(run, entry.image_size, squares=squares, device=where)


def load_chances(entry: ModelEntry) -> TruckChances:
    """Loads the network with probabilities for its output, on the CPU, in evaluation mode.

    Raises:
        WrongTaskError: The entry is not for this task.
        UnreadableWeightsError: The file is damaged, of another format, or for another input size.
    """
    network, size = read_network(entry)
    if size != entry.image_size:
        raise UnreadableWeightsError(
            f"Weights {entry.path} take crops of {size} px, the catalogue lists "
            f"{entry.image_size} px for {entry.name!r}. Restore `models/` from the repository."
        )
    return TruckChances(network).eval().requires_grad_(requires_grad=False)


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


def to_square_there(crop: torch.Tensor, size: int) -> torch.Tensor:
    """`models.truck_state.to_square` in torch, where the crop lies.

    Args:
        crop: H×W×3 uint8, BGR.
        size: Side of the square in pixels.

    Returns:
        size×size×3 uint8, BGR.
    """
    height, width = crop.shape[:2]
    scale = size / max(height, width)
    rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
    down, across = (
        _weights(before, after, crop.device) for before, after in ((height, rows), (width, columns))
    )
    scaled = down @ (across @ crop.float()).flatten(1)
    square = torch.full((size, size, 3), GREY, dtype=torch.uint8, device=crop.device)
    top, left = (size - rows) // 2, (size - columns) // 2
    square[top : top + rows, left : left + columns] = scaled.view(rows, columns, 3).round_()
    return square


def _weights(before: int, after: int, device: torch.device) -> torch.Tensor:
    """after×before: what each pixel before has in each after, as OpenCV's; rows sum to 1."""
    scale = before / after
    at = ((torch.arange(after, device=device) + 0.5) * scale - 0.5)[:, None]
    pixels = torch.arange(before, device=device)
    if scale > 1:  # INTER_AREA: the share that lies under it
        return ((scale + 1) / 2 - (at - pixels).abs()).clamp_(0, 1).div_(scale)
    return (1 - (at.clamp_(0, before - 1) - pixels).abs()).clamp_(min=0)  # INTER_LINEAR


def to_tensor(crop: npt.NDArray[np.uint8], size: int) -> torch.Tensor:
    """Scales a crop into a square with grey padding.

    Args:
        crop: H×W×3, BGR.
        size: Side of the square in pixels.

    Returns:
        3×size×size, RGB, 0..1.
    """
    return torch.from_numpy(planes(to_square(crop, size)[None])[0])

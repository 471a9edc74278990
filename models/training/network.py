"""The network to train: the starting one with other classes, or another one filled from it."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils.torch_utils import intersect_dicts

from models import runtime
from models.errors import TrainingError

runtime.settle()

PRIOR_OBJECTS = 5
"""Objects expected per 640 px picture, for the first bias of a new class (ultralytics
`Detect.bias_init`)."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """How much of a network came from the starting weights.

    Attributes:
        tensors: Tensors taken over.
        of: Tensors of the network.
    """

    tensors: int
    of: int


def build(architecture: str, start: Any) -> tuple[Any, Fitted]:
    """Builds another network and fills it from a known one.

    It is built for the classes of the known one, since the width of a head depends on their number,
    and `adapt_classes` comes after.

    Args:
        architecture: `yolo26n.yaml` and the like: a name that ultralytics knows, or a file.
        start: The known network.

    Raises:
        TrainingError: No such architecture.
    """
    try:
        model: Any = DetectionModel(architecture, nc=len(start.names), verbose=False)
    except (OSError, SyntaxError, KeyError, TypeError, ValueError) as error:
        raise TrainingError(
            f"No network can be built from {architecture!r} ({error}). Name one that ultralytics "
            "has, such as yolo11n.yaml or yolo26n.yaml."
        ) from error
    model.names = dict(start.names)
    known = model.state_dict()
    fitting = intersect_dicts(start.float().state_dict(), known)
    model.load_state_dict(fitting, strict=False)
    return model, Fitted(len(fitting), len(known))


def adapt_classes(model: Any, names: dict[int, str]) -> Any:
    """Gives a detector other classes; those with a name it knows keep their weights.

    The head keeps its width, so that a known class (person, car, truck, …) starts as the starting
    weights left it, and only new classes start from nothing.

    Args:
        model: Changed in place.
        names: Class id to name.
    """
    old = {name: index for index, name in model.names.items()}
    if old == {name: index for index, name in names.items()}:
        return model
    head = model.model[-1]
    for branches in (head.cv3, getattr(head, "one2one_cv3", ())):
        for branch, stride in zip(branches, head.stride, strict=False):
            branch[-1] = _last_layer(branch[-1], float(stride), names, old)
    head.nc = model.nc = len(names)
    head.no = len(names) + 4 * head.reg_max
    model.yaml["nc"] = len(names)
    model.names = names
    return model


def _last_layer(last: Any, stride: float, names: dict[int, str], old: dict[str, int]) -> nn.Conv2d:
    fresh: Any = nn.Conv2d(last.in_channels, len(names), 1)
    nn.init.normal_(fresh.weight, std=0.01)
    nn.init.constant_(fresh.bias, math.log(PRIOR_OBJECTS / len(names) / (640 / stride) ** 2))
    with torch.no_grad():
        for index, name in names.items():
            if name in old:
                fresh.weight[index] = last.weight[old[name]]
                fresh.bias[index] = last.bias[old[name]]
    return fresh  # type: ignore[no-any-return]

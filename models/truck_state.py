"""Reads a truck's load and dirt from its crop, whatever runs the network.

The network lies in `models.truck_network` and imports PyTorch and ultralytics; this does not, so a
server that has a converted one (`models.export`) reads trucks without them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "load": ("open", "covered", "empty", "other"),
    "dirt": ("clean", "muddy"),
}
"""Values in the order of the network's outputs; those of `datasets/kinds.yaml`."""
GREY = 114
"""Padding value, as ultralytics' letterbox uses."""
AT_ONCE = 32
"""Crops given to the network at once, so that a street full of trucks needs no more memory."""

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


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


class TruckState:
    """A loaded reader of truck crops.

    Args:
        run: the network: what `squares` gives to N×values, the probabilities of every load and
            then of every dirt, each the mean of what is read from the crop and its mirror image.
        size: side of its square input, in pixels.
        squares: scales crops into N×size×size×3 uint8 BGR, as `to_square` does.
        device: where tensors may lie that it takes besides arrays; None: it takes arrays alone.
    """

    def __init__(
        self,
        run: Callable[[Any], Floats],
        size: int,
        *,
        squares: "Callable[[Sequence[Any], int], Any] | None" = None,
        device: "torch.device | None" = None,
    ) -> None:
        self._run = run
        self._size = size
        self._squares = squares if squares is not None else to_squares
        self.device = device

    def read(self, crops: Sequence[Any]) -> list[TruckReading]:
        """Reads crops.

        Args:
            crops: Each H×W×3 uint8, BGR, cut at the truck's box with a small margin; any size from
                1×1. Arrays, or tensors on its `device`.

        Returns:
            One reading per crop, in order.
        """
        found = list[TruckReading]()
        for first in range(0, len(crops), AT_ONCE):
            some = crops[first : first + AT_ONCE]
            chances = self._run(self._squares(some, self._size))
            found += [_reading(row) for row in chances.tolist()]
        return found


def to_squares(crops: Sequence[Pixels], size: int) -> Pixels:
    """Scales crops into squares, N×size×size×3; see `to_square`."""
    return np.stack([to_square(crop, size) for crop in crops])


def to_square(crop: Pixels, size: int) -> Pixels:
    """Scales a crop into a square with grey padding.

    Args:
        crop: H×W×3, BGR.
        size: Side of the square in pixels.

    Returns:
        size×size×3, BGR.
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
    return canvas


def _reading(chances: Sequence[float]) -> TruckReading:
    split = len(ATTRIBUTES["load"])
    loads = dict(zip(ATTRIBUTES["load"], chances[:split], strict=True))
    dirts = dict(zip(ATTRIBUTES["dirt"], chances[split:], strict=True))
    best_load, best_dirt = max(loads, key=loads.__getitem__), max(dirts, key=dirts.__getitem__)
    return TruckReading(
        load=best_load,
        load_score=loads[best_load],
        dirt=best_dirt,
        dirt_score=dirts[best_dirt],
        loads=loads,
        dirts=dirts,
    )

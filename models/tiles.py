"""Tiles: a large picture cut into overlapping parts, and the boxes seen in them put together.

The product's loop and the measuring of weights share it, so that what is measured is what runs. As
in slicing-aided inference (Akyon et al., 2022, "Slicing Aided Hyper Inference and Fine-tuning for
Small Object Detection"), the whole picture is looked at too: what is larger than the overlap is
seen there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

OVERLAP = 0.25
"""Share of a tile's side that it has in common with the next."""
MEETING_IOU = 0.5
"""Overlap above which the weaker of two boxes of one class goes where looks at one picture meet: a
small object is less exactly placed in the whole picture than in a tile."""
SEAM = 0.01
"""A box this near to a tile's inner edge, in tile sides, may be cut by it."""

Numbers = npt.NDArray[np.number[Any]]


@dataclass(frozen=True, slots=True)
class Tile:
    """One part of a picture, in pixels of the picture.

    Attributes:
        left, top, right, bottom: Its edges.
        low, high: Where a box's upper left and lower right corner may lie, x and y: not at an
            edge behind which the picture goes on.
    """

    left: int
    top: int
    right: int
    bottom: int
    low: tuple[float, float]
    high: tuple[float, float]

    @property
    def edges(self) -> tuple[int, int, int, int]:
        """Its left, top, right and bottom edge."""
        return self.left, self.top, self.right, self.bottom

    def cut(self, picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Returns this part of an H×W×3 picture, without a copy."""
        return picture[self.top : self.bottom, self.left : self.right]

    def placed(self, boxes: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Returns N×4 xyxy boxes of the tile in pixels of the picture."""
        placed: npt.NDArray[Any] = boxes + np.array([self.left, self.top] * 2, boxes.dtype)
        return placed

    def whole(self, boxes: Numbers) -> npt.NDArray[np.bool_]:
        """Returns which N×4 xyxy boxes of the picture no seam of this tile can have cut."""
        inside = (boxes[:, :2] >= self.low) & (boxes[:, 2:] <= self.high)
        return np.asarray(inside.all(axis=1), np.bool_)


def tiles(width: int, height: int, side: int) -> Iterator[Tile]:
    """Yields the tiles of a picture; none where it is not larger than one.

    What touches a seam is to be left out (`Tile.whole`): if it is smaller than the overlap, another
    tile shows it whole, and if it is larger, the whole picture does.
    """
    if max(width, height) <= side:
        return
    margin = SEAM * side
    for top in _starts(height, side):
        for left in _starts(width, side):
            right, bottom = min(left + side, width), min(top + side, height)
            yield Tile(
                left,
                top,
                right,
                bottom,
                (left + margin if left else -np.inf, top + margin if top else -np.inf),
                (
                    right - margin if right < width else np.inf,
                    bottom - margin if bottom < height else np.inf,
                ),
            )


def meet(boxes: Numbers, scores: Numbers, labels: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Returns the indices of the boxes that stay where several looks meet, best score first.

    Args:
        boxes: N×4, xyxy in pixels of the picture.
        scores: N.
        labels: N class ids; boxes of different classes do not compete.
    """
    # Slow to import, and only needed where a camera is seen in tiles.
    import torch  # noqa: PLC0415
    from torchvision.ops import batched_nms  # noqa: PLC0415

    columns = (torch.from_numpy(column) for column in (boxes, scores, labels))
    return np.asarray(batched_nms(*columns, MEETING_IOU).numpy(), np.int64)


def _starts(length: int, side: int) -> list[int]:
    """Where tiles of a side begin, so that they cover a length and overlap."""
    if length <= side:
        return [0]
    count = int(np.ceil((length - side) / (side * (1 - OVERLAP)))) + 1
    return [round(start) for start in np.linspace(0, length - side, count)]

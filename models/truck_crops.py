"""Labelled truck crops, read from `crops.jsonl` files.

A line is `{"image": path beside the list, "box": pixels or absent, "load": name or null, "dirt":
name or null, "part": "train" or "held_out"}`; a null is neither learned from nor measured.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from models.errors import TrainingError
from models.truck_state import ATTRIBUTES

IGNORED = -1
MARGIN = 0.06
LEAST_SIDE = 24
"""Shorter side of a crop in pixels. The pipeline reads none below 64; from drones, many are."""


@dataclass(frozen=True, slots=True)
class Crop:
    """One labelled crop.

    Attributes:
        pixels: H×W×3, BGR, scaled down to about twice the network's input.
        labels: Index of the value per attribute, `IGNORED` where it is not known.
        part: `train` or `held_out`.
        source: The list it came from.
    """

    pixels: npt.NDArray[np.uint8]
    labels: tuple[int, ...]
    part: str
    source: str


def read_crops(listing: Path, size: int) -> list[Crop]:
    """Reads the crops of a list into memory.

    Args:
        listing: A `crops.jsonl`.
        size: Side of the network's square input in pixels.

    Raises:
        TrainingError: The list cannot be read, or a crop in it.
    """
    crops = []
    try:
        rows = [json.loads(line) for line in listing.read_text().splitlines()]
        for number, row in enumerate(rows):
            picture: Any = cv2.imread(str(listing.parent / row["image"]))
            if picture is None:
                raise TrainingError(f"Crop {row['image']} of {listing} is not a readable picture.")
            if "box" in row:
                picture = _cut(picture, row["box"])
            if min(picture.shape[:2]) < LEAST_SIDE:
                continue
            labels = tuple(
                values.index(row[name]) if row.get(name) else IGNORED
                for name, values in ATTRIBUTES.items()
            )
            scale = min(1.0, 2 * size / max(picture.shape[:2]))
            small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            crops.append(Crop(small, labels, row.get("part") or _part(number), listing.parent.name))
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(
            f"Crop list {listing} cannot be used ({error!r}). Make it again."
        ) from error
    return crops


def _cut(picture: Any, box: list[float]) -> Any:
    """Cuts a box in pixels with a margin, as the pipeline does."""
    x1, y1, x2, y2 = box
    wide, high = MARGIN * (x2 - x1), MARGIN * (y2 - y1)
    top, left = max(0, int(y1 - high)), max(0, int(x1 - wide))
    return picture[top : max(top + 1, int(y2 + high)), left : max(left + 1, int(x2 + wide))]


def _part(number: int) -> str:
    """Holds out every seventh crop of a list that does not say (labels go round by eight)."""
    return "held_out" if number % 7 == 0 else "train"

"""Views of a labelled picture: cut into tiles, turned by right angles.

Aerial sets are small and have no up: a turned picture is a new one. A drone picture is much larger
than a network's input: a tile keeps its objects at their size.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from datasets.importers import Box

KEPT_SHARE = 0.4
"""A box with less than this share of itself inside a tile is left out of it."""
OVERLAP = 0.25
"""Neighbouring tiles share at least this much of their side."""


@dataclass(frozen=True, slots=True)
class View:
    """One picture to train on, made from a labelled one.

    Attributes:
        name: Distinguishes the views of one picture.
        pixels: H×W×3, BGR.
        boxes: In fractions of this view.
    """

    name: str
    pixels: npt.NDArray[np.uint8]
    boxes: tuple[Box, ...]


def tiles(view: View, side: int) -> Iterator[View]:
    """Cuts a view into overlapping squares; one not larger than a square stays whole.

    Args:
        view: What to cut.
        side: Side of a square, in pixels.
    """
    height, width = view.pixels.shape[:2]
    for top in _starts(height, side):
        for left in _starts(width, side):
            pixels = view.pixels[top : top + side, left : left + side]
            window = Box(
                "",
                left / width,
                top / height,
                (left + pixels.shape[1]) / width,
                (top + pixels.shape[0]) / height,
            )
            boxes = (_inside(box, window) for box in view.boxes)
            yield View(
                f"{view.name}_{left}_{top}", pixels, tuple(box for box in boxes if box is not None)
            )


def turned(view: View, quarters: int) -> View:
    """Turns a view clockwise.

    Args:
        view: What to turn.
        quarters: Right angles; 0 returns the view itself.
    """
    if quarters % 4 == 0:
        return view
    pixels = np.ascontiguousarray(np.rot90(view.pixels, -quarters))
    boxes = view.boxes
    for _ in range(quarters % 4):
        boxes = tuple(replace(b, x1=1 - b.y2, y1=b.x1, x2=1 - b.y1, y2=b.x2) for b in boxes)
    return View(f"{view.name}_{quarters % 4}", pixels, boxes)


def encoded(view: View, quality: int = 95) -> bytes:
    """Returns a view as JPEG.

    Args:
        view: What to encode.
        quality: As libjpeg counts it, 1..100.
    """
    done, data = cv2.imencode(".jpg", view.pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done  # an 8-bit picture in memory can always be encoded
    return data.tobytes()


def _starts(length: int, side: int) -> list[int]:
    if length <= side:
        return [0]
    count = int(np.ceil((length - side) / (side * (1 - OVERLAP)))) + 1
    return [round(start) for start in np.linspace(0, length - side, count)]


def _inside(box: Box, window: Box) -> Box | None:
    if box.overlap(window) < KEPT_SHARE * box.area:
        return None
    width, height = window.x2 - window.x1, window.y2 - window.y1
    x1, x2 = ((min(max(x, window.x1), window.x2) - window.x1) / width for x in (box.x1, box.x2))
    y1, y2 = ((min(max(y, window.y1), window.y2) - window.y1) / height for y in (box.y1, box.y2))
    return replace(box, x1=x1, y1=y1, x2=x2, y2=y2)

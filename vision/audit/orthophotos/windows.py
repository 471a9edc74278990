"""Windows of a large picture, and the rows of them that are read at once.

A map of 20,000 × 20,000 pixels is read a row of windows at a time. Windows are as large as the
network's input, overlap by a quarter (`models/tiles.py`), and are looked at again at a quarter of
the scale, and so on, until one holds all: so whatever there is lies whole in a window of some
scale, at least 40 pixels large if it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from models.tiles import OVERLAP, Tile, tiles
from vision.decoding.orthophoto import Part
from vision.frames import Pixels

_COARSER = 4
"""Between one scale and the next."""
_WIDEST = 32_000_000
"""Pixels of a row of windows that are held at once; a wider one is read in pieces. 96 MB."""


@dataclass(frozen=True, slots=True)
class Row:
    """Windows of one scale that are read together.

    Attributes:
        scale: pixels of the picture to one of the window.
        tiles: where they lie.
        least: longer side of a box in pixels of the picture, below which it is left to the finer
            scale: half of what lies whole in one of its windows for certain. Here it would be less
            exactly placed, and so not be known for the same.
    """

    scale: int
    tiles: tuple[Tile, ...]
    least: float = 0.0

    @property
    def name(self) -> str:
        """In the journal."""
        return f"{self.scale}:{self.tiles[0].left},{self.tiles[0].top}"

    def part(self, path: Path) -> Part:
        """All of it."""
        first, last = self.tiles[0], self.tiles[-1]
        return Part(path, first.left, first.top, last.right, first.bottom, self.scale)

    def windows(self, pixels: Pixels) -> Iterator[tuple[Tile, Pixels]]:
        """Each of its windows that shows anything."""
        left = self.tiles[0].left
        for tile in self.tiles:
            across = slice((tile.left - left) // self.scale, ceil((tile.right - left) / self.scale))
            window = pixels[:, across]
            if (window != window[:1, :1]).any():
                yield tile, window


def rows(width: int, height: int, side: int) -> Iterator[Row]:
    """The windows of a picture, from the finest scale to the whole.

    Args:
        width, height: of the picture, pixels.
        side: of a window as the network sees it, pixels.
    """
    scale, least = 1, 0.0
    while side * scale < max(width, height):
        most = max(1, _WIDEST // (side * side))
        line = list[Tile]()
        for tile in tiles(width, height, side * scale):
            if line and (tile.top != line[0].top or len(line) >= most):
                yield Row(scale, tuple(line), least)
                line = []
            line.append(tile)
        yield Row(scale, tuple(line), least)
        least = OVERLAP / 2 * side * scale
        scale *= _COARSER
    endless = float("inf")
    whole = Tile(0, 0, width, height, (-endless, -endless), (endless, endless))
    yield Row(ceil(max(width, height) / side), (whole,), least)

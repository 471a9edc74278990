"""Views: the pictures of one frame for inference (whole and tiles), and merging their boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from models.tiles import Tile, tiles
from vision.detections import Detections
from vision.frames import Frame, Image
from vision.tiling import joined

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """The whole frame, scaled, and optionally its tiles in full resolution.

    Attributes:
        frame: the frame.
        tiles: its parts for further inference.
    """

    frame: Frame
    tiles: tuple[Tile, ...] = ()

    @classmethod
    def of(cls, frame: Frame, *, side: int | None) -> Views:
        """The views of a frame; with tiles of this side in pixels, if one is given."""
        return cls(frame, tuple(tiles(frame.width, frame.height, side)) if side else ())

    @property
    def count(self) -> int:
        """How many pictures they are."""
        return 1 + len(self.tiles)

    def pictures(self, device: torch.device | None = None) -> list[Image]:
        """What to give to an engine that takes tensors on this device; H×W×3 each."""
        frame, there = self.frame, self.frame.on(device)
        if there is None:
            return [frame.small, *(tile.cut(frame.pixels) for tile in self.tiles)]
        return [there.small_there, *(there.cut_there(tile.edges) for tile in self.tiles)]

    def joined(self, found: Sequence[Detections]) -> Detections:
        """Detections in pixels of the frame, from those of each picture in its own."""
        return joined(self._on_frame(found[0]), self.tiles, found[1:])

    def _on_frame(self, detections: Detections) -> Detections:
        """Boxes of the scaled picture in pixels of the frame."""
        frame = self.frame
        height, width = frame.small.shape[:2]
        if (width, height) == (frame.width, frame.height):
            return detections
        scale = np.array([frame.width / width, frame.height / height] * 2, np.float32)
        return replace(detections, xyxy=detections.xyxy * scale)

"""Views: the pictures of one frame for inference (whole and tiles), and merging their boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from models.tiles import Tile, meet, tiles
from vision.detections import Detections, pick
from vision.frames import Frame, Image

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
        """Detections in pixels of the frame, from those of each picture in its own.

        A box that a tile's seam may have cut is left to the neighbouring tile or the whole frame;
        of overlapping boxes of one class, the one with the highest score remains.
        """
        whole = self._on_frame(found[0])
        if not self.tiles:
            return whole
        parts = [whole]
        for tile, seen in zip(self.tiles, found[1:], strict=True):
            placed = replace(seen, xyxy=tile.placed(seen.xyxy))
            parts.append(pick(placed, tile.whole(placed.xyxy)))
        filled = [part for part in parts if len(part)]
        if not filled:
            return whole
        merged = Detections.merge(filled)
        assert merged.confidence is not None
        assert merged.class_id is not None
        return pick(merged, meet(merged.xyxy, merged.confidence, merged.class_id.astype(np.int64)))

    def _on_frame(self, detections: Detections) -> Detections:
        """Boxes of the scaled picture in pixels of the frame."""
        frame = self.frame
        height, width = frame.small.shape[:2]
        if (width, height) == (frame.width, frame.height):
            return detections
        scale = np.array([frame.width / width, frame.height / height] * 2, np.float32)
        return replace(detections, xyxy=detections.xyxy * scale)

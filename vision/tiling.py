"""Tiling: what was seen in a picture and in its tiles, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.tiles import Tile, meet
from vision.detections import Detections, pick


def joined(whole: Detections, tiles: Sequence[Tile], found: Sequence[Detections]) -> Detections:
    """Detections in pixels of the picture.

    A box that a tile's seam may have cut is left to the neighbouring tile or the whole picture; of
    overlapping boxes of one class, the one with the highest score remains.

    Args:
        whole: seen in the whole picture, in its pixels.
        tiles: of it.
        found: seen in each of them, in its own pixels.
    """
    if not tiles:
        return whole
    parts = [whole]
    for tile, seen in zip(tiles, found, strict=True):
        placed = replace(seen, xyxy=tile.placed(seen.xyxy))
        parts.append(pick(placed, tile.whole(placed.xyxy)))
    filled = [part for part in parts if len(part)]
    if not filled:
        return whole
    merged = Detections.merge(filled)
    assert merged.confidence is not None
    assert merged.class_id is not None
    return pick(merged, meet(merged.xyxy, merged.confidence, merged.class_id.astype(np.int64)))

"""Structures: what the engine sees of one picture, as a whole and in tiles, small ones enlarged."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from models.tiles import Tile, meet, tiles
from vision.compare.changes import Boxes, Structures
from vision.detections import Detections, class_names
from vision.engines.engine import Engine
from vision.evidence.masking import masked_boxes
from vision.frames import Pixels
from vision.kinds import catalogue

KIND = "illegal_structure"
"""The kind that a structure is a suspicion of."""

_FINE = 768
"""Pixels of the longer side below which a picture is enlarged by the least whole number that
reaches it: a satellite's houses measure some ten pixels, and the model learnt larger ones."""
_NESTED = 0.75
"""Share of a box inside another, of a better score or equal, from which it is the same roof."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What is seen in a picture.

    Attributes:
        structures: of the classes by which the kind is seen, from the engine's lowest score on.
        hidden: boxes that are masked wherever the picture is shown, N×4 in its pixels.
    """

    structures: Structures
    hidden: Boxes


def look(engine: Engine, picture: Pixels) -> Seen:
    """Look at a picture (H×W×3 BGR): whole, and in overlapping tiles of the network's own size.

    Raises:
        EngineError: the engine cannot look at it.
    """
    height, width = picture.shape[:2]
    times = max(1, ceil(_FINE / max(height, width)))
    fine = picture
    if times > 1:
        fine = np.asarray(
            cv2.resize(picture, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC), np.uint8
        )
    side = engine.image_size * max(1, round(max(width, height) / 3000))
    parts = list(tiles(fine.shape[1], fine.shape[0], side))
    boxes, scores, hidden = [], [], []
    views: list[tuple[Pixels, Tile | None]] = [(picture, None)]
    views += [(np.ascontiguousarray(part.cut(fine)), part) for part in parts]
    for start in range(0, len(views), engine.batch):
        batch = views[start : start + engine.batch]
        for (_, part), found in zip(batch, engine.infer([v for v, _ in batch]), strict=True):
            placed, kept = _placed(found, part, times)
            is_structure = np.isin(class_names(found), catalogue().kind(KIND).seen_as)
            boxes.append(placed[kept & is_structure])
            scores.append(np.asarray(found.confidence, np.float64)[kept & is_structure])
            hidden.append(placed[masked_boxes(found)])
    together, together_scores = np.concatenate(boxes), np.concatenate(scores)
    return Seen(_met(together, together_scores), np.concatenate(hidden))


def _placed(found: Detections, part: Tile | None, times: int) -> tuple[Boxes, NDArray[np.bool_]]:
    """Boxes in pixels of the picture, and which of them no tile's seam has cut."""
    boxes = np.asarray(found.xyxy, np.float64).reshape(-1, 4)
    if part is None:
        return boxes, np.ones(len(boxes), bool)
    placed = part.placed(boxes)
    return placed / times, part.whole(placed)


def _met(boxes: Boxes, scores: NDArray[np.float64]) -> Structures:
    """One box a roof, of those that several views have of it."""
    kept: list[int] = []
    for index in meet(
        boxes.astype(np.float32), scores.astype(np.float32), np.zeros(len(boxes), np.int64)
    ):
        box = boxes[index]
        chosen = boxes[kept]
        sides = np.minimum(box[2:], chosen[:, 2:]) - np.maximum(box[:2], chosen[:, :2])
        shared = sides.clip(0).prod(axis=1)
        smaller = np.minimum(
            (chosen[:, 2:] - chosen[:, :2]).prod(axis=1), (box[2:] - box[:2]).prod()
        )
        if not (shared >= _NESTED * smaller).any():
            kept.append(int(index))
    return Structures(boxes[kept].reshape(-1, 4), scores[kept])

"""An engine for tests that truly looks: red rectangles are structures, blue ones are people."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from models.catalogue import ModelEntry
from vision.detections import Detections, make_detections
from vision.frames import Pixels

CLASSES = ("structure", "person")
RED, BLUE = (40, 40, 220), (230, 30, 30)
SCORE = 0.8


class RoofEngine:
    name = "roofs"
    image_size = 640
    batch = 4
    depth = 1
    model = ModelEntry("roofs", Path("none"), "c0" * 32, "1", "detect", CLASSES, 640, 0.25)

    def infer(self, images) -> list[Detections]:
        return [_see(image) for image in images]


def _see(image: Pixels) -> Detections:
    blue, green, red = (image[..., n].astype(int) for n in range(3))
    boxes, ids = [], []
    for number, mask in enumerate(
        ((red > blue + 90) & (red > green + 90), (blue > red + 110) & (blue > green + 110))
    ):
        closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
        for x, y, w, h, area in cv2.connectedComponentsWithStats(closed)[2][1:]:
            if area > 80:
                boxes.append((x, y, x + w, y + h))
                ids.append(number)
    return make_detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.full(len(ids), SCORE, np.float32),
        np.array(ids, np.int64),
        CLASSES,
    )


def ground(seed: int = 0, size: tuple[int, int] = (1200, 800)) -> Pixels:
    """Ground with enough on it to be found again: spots and streaks of all sizes, no colour."""
    chance = np.random.default_rng(seed)
    total = np.zeros((size[1], size[0]), np.float32)
    for scale in (2, 5, 12, 30):
        noise = chance.normal(0, 1, (size[1] // scale + 2, size[0] // scale + 2))
        total += cv2.resize(noise.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    grey = (120 + 22 * total).clip(30, 210).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def build(picture: Pixels, *boxes: tuple[int, int, int, int], colour=RED) -> Pixels:
    """A copy with roofs: a rectangle each, with its ridge."""
    built = picture.copy()
    for x1, y1, x2, y2 in boxes:
        built[y1:y2, x1:x2] = colour
        built[(y1 + y2) // 2 - 1 : (y1 + y2) // 2 + 1, x1:x2] = tuple(v * 0.7 for v in colour)
    return built

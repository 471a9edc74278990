"""What a camera sees that turns over one wide picture."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from vision.frames import Pixels
from vision.site.presets import Preset

WIDTH, HEIGHT = 640, 360


def view(wide: Pixels, x: float, y: float = 0.5, *, share: float = 0.5) -> Pixels:
    """What is seen with its middle at (x, y), fractions of `wide`, and this share of its width."""
    across = share * wide.shape[1]
    size = np.array([across, across * HEIGHT / WIDTH])
    left, top = np.array([x, y]) * wide.shape[1::-1] - size / 2
    scale = WIDTH / across
    matrix = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
    seen = cv2.warpAffine(
        wide, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(seen, np.uint8)


def preset(folder: Path, name: str, pixels: Pixels, **more: object) -> Preset:
    """A preset with this picture."""
    path = folder / f"{name}.png"
    cv2.imwrite(str(path), pixels)
    return Preset(name=name, picture=str(path), **more)  # type: ignore[arg-type]


def street(seed: int = 1) -> Pixels:
    """A wide street of sorts: coloured walls and signs with sharp edges."""
    random = np.random.default_rng(seed)
    picture = np.full((540, 1920, 3), 90, np.uint8)
    for _ in range(500):
        x, y = int(random.integers(0, 1920)), int(random.integers(0, 540))
        w, h = int(random.integers(12, 140)), int(random.integers(12, 110))
        colour = tuple(int(c) for c in random.integers(20, 235, 3))
        cv2.rectangle(picture, (x, y), (x + w, y + h), colour, -1)
    return picture

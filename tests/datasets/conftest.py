"""Small pictures that look like something, with label files."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


@pytest.fixture
def scene() -> Callable[..., Pixels]:
    """Makes a smooth random picture: the same seed shows the same thing at any size."""

    def make(seed: int, width: int = 96, height: int = 72) -> Pixels:
        coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
        picture = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        return np.asarray(picture, np.uint8)

    return make


@pytest.fixture
def labelled(scene: Callable[..., Pixels]) -> Callable[..., Path]:
    """Writes a picture into a YOLO folder, with a label file unless `labels` is None."""

    def write(folder: Path, name: str, labels: str | None = "", *, seed: int | None = None) -> Path:
        for part in ("images", "labels"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        picture = folder / "images" / name
        number = sum(map(ord, str(picture))) if seed is None else seed
        cv2.imwrite(str(picture), scene(number))
        if labels is not None:
            (folder / "labels" / name).with_suffix(".txt").write_text(labels)
        return picture

    return write

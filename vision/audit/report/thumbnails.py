"""Thumbnails: small copies of an audit's pictures, inside the page that shows them."""

from __future__ import annotations

import base64
from pathlib import Path

import cv2
import numpy as np

IMAGES = "'self' file: data:"
"""Where an audit's pages take pictures from: from inside them, and from the files beside them."""
BUDGET = 20 * 2**20
"""Bytes of pictures that one page carries (ours): what mail and messengers still take."""
_QUALITY = 72
_SMALL = 320
_SCALES = ((4, cv2.IMREAD_REDUCED_COLOR_4), (2, cv2.IMREAD_REDUCED_COLOR_2))


class Thumbnails:
    """Pictures of an audit's folder as `data:` addresses, until a page's budget is spent.

    Args:
        root: the audit's folder; its derivatives are masked, and so are these.
        width: of a thumbnail, pixels.
        budget: bytes of all of them, as the page carries them.
    """

    def __init__(self, root: Path, width: int, budget: int = BUDGET) -> None:
        self._root, self._width, self._left = root, width, budget
        self._made = dict[str, str]()

    @classmethod
    def for_many(cls, root: Path, count: int) -> Thumbnails:
        """So large that about as many as are wanted fit."""
        return cls(root, 640 if count <= 150 else 480 if count <= 300 else _SMALL)

    def __call__(self, path: str) -> str:
        """Its address: `data:`, or its path where it is unreadable or no room is left."""
        if path not in self._made:
            made = self._make(path)
            if made is None or len(made) > self._left:
                return path
            self._left -= len(made)
            self._made[path] = made
        return self._made[path]

    def _make(self, path: str) -> str | None:
        try:
            stored = np.fromfile(self._root / path, np.uint8)
        except OSError:
            return None
        pixels = self._decode(stored)
        if pixels is None:
            return None
        height, width = pixels.shape[:2]
        if width > self._width:
            size = self._width, max(1, round(height * self._width / width))
            pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        done, jpeg = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
        return (
            f"data:image/jpeg;base64,{base64.b64encode(jpeg.tobytes()).decode()}" if done else None
        )

    def _decode(self, stored: np.ndarray) -> np.ndarray | None:
        """Scaled down by the decoder as far as it stays large enough."""
        if not stored.size:
            return None
        for scale, flag in _SCALES:
            small = cv2.imdecode(stored, flag)
            if small is None:
                return None
            if small.shape[1] >= self._width or (
                scale == _SCALES[-1][0] and small.shape[1] * 2 <= self._width
            ):
                return small
        return cv2.imdecode(stored, cv2.IMREAD_COLOR)

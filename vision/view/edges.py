"""Edges: edge maps of small pictures, and how far two of them agree."""

from __future__ import annotations

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from vision.frames import Pixels

Luma = NDArray[np.float32]

SIZE = (160, 90)
"""Of the luma that is compared, width and height in pixels."""

_BLOCK = (18, 20)  # height and width of the blocks that are compared, pixels
BLOCK_PIXELS = _BLOCK[0] * _BLOCK[1]
_ALIKE = 0.5  # correlation of a block's edges from which it shows the same
_EDGY = 0.3  # deviation of a block's edges (their mean is 1), below which it tells nothing


def small_luma(grey: Pixels) -> Luma:
    """A grey picture (H×W) at the size that is compared."""
    return cv2.resize(grey, SIZE, interpolation=cv2.INTER_AREA).astype(np.float32)


def blocks(luma: Luma) -> Luma:
    """The blocks of a picture, one a row; its sides are whole numbers of blocks."""
    high, wide = _BLOCK
    height, width = luma.shape
    rows = luma.reshape(height // high, high, width // wide, wide).swapaxes(1, 2)
    return rows.reshape(-1, high * wide)


def block_sums(integral: MatLike) -> NDArray[np.float64]:
    """Sum over each block, one a row of blocks, from an integral image of `SIZE`."""
    corners = integral[:: _BLOCK[0], :: _BLOCK[1]].astype(np.float64)
    return corners[1:, 1:] - corners[:-1, 1:] - corners[1:, :-1] + corners[:-1, :-1]


def edges(luma: Luma) -> Luma:
    """Strength of edges, whatever the light (its mean is 1), a little spread for unsteady poles."""
    across, down = cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1)
    return _even(cv2.magnitude(across, down))


def directed_edges(luma: Luma) -> tuple[Luma, Luma]:
    """As `edges`, upright ones and level ones apart."""
    across, down = cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1)
    return _even(np.abs(across)), _even(np.abs(down))


def agreement(usual: Luma, seen: Luma, *, least: int = 1) -> float | None:
    """Share of the blocks with edges that have them in the same places.

    None where fewer than `least` blocks of `usual` have edges, so that they tell nothing.
    """
    before, after = blocks(usual), blocks(seen)
    before = before - before.mean(axis=1, keepdims=True)
    after = after - after.mean(axis=1, keepdims=True)
    varied = np.einsum("ij,ij->i", before, before)
    telling = varied > BLOCK_PIXELS * _EDGY**2
    if np.count_nonzero(telling) < least:
        return None
    lengths = np.sqrt(varied * np.einsum("ij,ij->i", after, after))
    alike = np.einsum("ij,ij->i", before, after) > _ALIKE * (lengths + 1e-6)
    return float(alike[telling].mean())


def _even(strength: MatLike) -> Luma:
    spread = cv2.GaussianBlur(strength, (0, 0), 1.5)
    return np.asarray(spread / (spread.mean() + 1e-3), np.float32)

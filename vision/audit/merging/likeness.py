"""Likeness: what is kept of a photo to tell later whether another one shows the same view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.detections import Detections
from vision.evidence.masking import mask
from vision.frames import Pixels

_HASHED, _FREQUENCIES = 32, 8
_ROWS = 512
"""Fingerprints compared with all others at once, so that memory stays small."""


LONGEST = 640
"""Pixels of a sketch's longer side; two are laid over each other in about 0.1 s."""
_QUALITY = 80


def sketch(pixels: Pixels, detections: Detections) -> bytes:
    """A small JPEG with every person and plate masked and nothing drawn in, about 40 kB.

    A derivative will not do: the labels drawn into it match each other anywhere.

    Args:
        pixels: H×W×3 uint8 BGR.
        detections: all that the engine reported, in pixels.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, LONGEST / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    scaled = copy(detections)
    scaled.xyxy = np.asarray(detections.xyxy, np.float32) * scale
    _, jpeg = cv2.imencode(".jpg", mask(small, scaled), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return jpeg.tobytes()


def fingerprint(pixels: Pixels) -> str:
    """The perceptual hash of a picture, 16 hexadecimal digits.

    The signs, against their median, of the 8×8 lowest frequencies of the picture at 32×32 (C.
    Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010, section 3.2).

    Args:
        pixels: H×W×3 uint8 BGR.
    """
    small = cv2.resize(pixels, (_HASHED, _HASHED), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    low = cv2.dct(grey.astype(np.float32))[:_FREQUENCIES, :_FREQUENCIES]
    return np.packbits(low > np.median(low)).tobytes().hex()


def differing(prints: Sequence[str]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """For each fingerprint, in how many of 64 bits it differs from every one (and from itself)."""
    known = np.array([int(one, 16) for one in prints], np.uint64)
    for start in range(0, len(known), _ROWS):
        rows = np.bitwise_count(known[start : start + _ROWS, None] ^ known[None, :])
        yield from enumerate(rows, start)

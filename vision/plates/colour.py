"""What colour a plate's ground is, told by the hue of most of its pixels."""

from __future__ import annotations

import cv2
import numpy as np

from vision.frames import Pixels
from vision.plates.reading import Colour

# Hues of OpenCV (0..180) from and up to which a pixel counts for a colour.
_HUES: dict[Colour, tuple[int, int]] = {"yellow": (12, 38), "green": (38, 88), "blue": (88, 140)}
_COLOURFUL, _LIT = 60, 40
"""Saturation and value (0..255) from which a pixel has a hue worth counting."""
_LEAST = 0.25
"""Of the pixels, from which a hue is the ground's; characters cover about a third."""
_MIDDLE = 0.15
"""Of its sides, what is left out around: bumper and frame."""


def colour_of(plate: Pixels) -> Colour:
    """The colour of the ground of a plate that fills this picture (H×W×3 BGR)."""
    height, width = plate.shape[:2]
    dy, dx = int(height * _MIDDLE), int(width * _MIDDLE)
    middle = plate[dy : height - dy or None, dx : width - dx or None]
    hue, saturation, value = (
        channel.astype(np.int64) for channel in cv2.split(cv2.cvtColor(middle, cv2.COLOR_BGR2HSV))
    )
    colourful = (saturation >= _COLOURFUL) & (value >= _LIT)
    shares: dict[Colour, float] = {
        name: float((colourful & (hue >= low) & (hue < high)).mean())
        for name, (low, high) in _HUES.items()
    }
    likeliest = max(shares, key=lambda name: shares[name])
    if shares[likeliest] >= _LEAST:
        return likeliest
    return "white" if float(np.median(value)) >= 110 else "black"

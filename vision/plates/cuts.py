"""Cuts: the ways in which a plate's picture is laid out as one line of text for the network.

as the camera saw it ─► straight
its line of text found, turned and levelled ─► rectified
two rows: upper and lower half, or the two lines found, put side by side ─► rows
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frames import MARGIN, Pixels

Cut = Literal["straight", "rectified", "rows"]
CUTS: tuple[Cut, ...] = ("straight", "rectified", "rows")

_HEIGHT = 96
"""Pixels that a line is scaled to: twice what the network takes, so that little is lost twice."""
_AROUND = 32
TO_FIND = 160 + 2 * _AROUND
"""Pixels: a plate's height when its lines are looked for, with what is left around it."""
_WIDEST = 8.0
"""Times its height: what is wider is no plate, and the network's work grows with the width."""
_TWO_ROWS = 2.6
"""Width by height under which a plate may have two rows: by GA 36, 440×220 mm have them and
440×140 mm have one."""
_UPPER_TO, _LOWER_FROM = 0.44, 0.38
"""Where the upper row of such a plate ends and the lower one begins (60 and 110 of 220 mm are
characters, GA 36), with some of each where it lies askew."""


class Lines(Protocol):
    """Finds lines of text."""

    def find(self, picture: Pixels) -> list[NDArray[np.float32]]:
        """The corners of each, 4×2 (x, y) from the upper left on clockwise; upper ones first."""
        ...


def cuts_of(
    crop: Pixels, lines: Lines, *, two_rows: bool, wanted: Collection[Cut] = CUTS
) -> Mapping[str, Pixels]:
    """The cuts of a plate, by name.

    Args:
        crop: the plate with a margin, as `vision.frames.crop` cuts it.
        lines: what finds its lines.
        two_rows: whether its colour is one that plates of two rows have.
        wanted: which cuts are tried.
    """
    plate = without_margin(crop)
    height, width = plate.shape[:2]
    if min(height, width) < 2 or width > _WIDEST * height:
        return {}
    made: dict[str, Pixels] = {}
    tall = two_rows and width < _TWO_ROWS * height
    if "straight" in wanted:
        made["straight"] = _scaled(plate, _HEIGHT)
    asked = "rectified" in wanted or ("rows" in wanted and tall)
    found = _found(crop, lines) if asked else []
    if "rectified" in wanted and len(found) == 1:
        made["rectified"] = found[0]
    if "rows" in wanted and tall:
        halves = plate[: int(height * _UPPER_TO)], plate[int(height * _LOWER_FROM) :]
        made["rows"] = _beside(*halves)
        if len(found) == 2:
            made["found rows"] = _beside(*found)
    return made


def without_margin(crop: Pixels) -> Pixels:
    """What `vision.frames.crop` was asked for, of what it gave."""
    height, width = crop.shape[:2]
    dy, dx = (int(side * MARGIN / (1 + 2 * MARGIN)) for side in (height, width))
    return crop[dy : height - dy, dx : width - dx]


def _found(crop: Pixels, lines: Lines) -> list[Pixels]:
    """Its lines of text, level, upper ones first."""
    around = (_AROUND,) * 4
    scaled = _scaled(crop, TO_FIND - 2 * _AROUND)
    large = np.asarray(cv2.copyMakeBorder(scaled, *around, cv2.BORDER_REPLICATE), np.uint8)
    return [_level(large, corners) for corners in lines.find(large)]


def _level(picture: Pixels, corners: NDArray[np.float32]) -> Pixels:
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    width, height = (max(2, round(float(max(sides[n], sides[n + 2])))) for n in (0, 1))
    onto = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    turned = cv2.warpPerspective(
        picture,
        cv2.getPerspectiveTransform(corners, onto),
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(turned, np.uint8)


def _scaled(picture: Pixels, height: int) -> Pixels:
    width = max(1, round(picture.shape[1] * height / picture.shape[0]))
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _beside(upper: Pixels, lower: Pixels) -> Pixels:
    return np.hstack([_scaled(upper, _HEIGHT), _scaled(lower, _HEIGHT)])

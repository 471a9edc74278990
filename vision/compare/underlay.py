"""Underlay: what the earlier flight shows of a later picture, in that one's own pixels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.compare.changes import Structures
from vision.compare.laying import Laid, Matrix
from vision.compare.pictures import Looked, Shot
from vision.frames import Pixels
from vision.view.registration import moved

ENOUGH = 0.98
"""Share of a later picture that is shown from which no further earlier one is laid under it."""


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """An earlier picture of which a part lies under the later one."""

    shot: Shot
    laid: Laid
    width: int
    height: int


class Underlay:
    """Earlier pictures, laid under one later picture one after the other.

    Attributes:
        pixels, masked: H×W×3 BGR; black where nothing lies. The masked one may be shown.
        known: H×W, where anything lies.
        links: which pictures lie there, the first on top.
    """

    def __init__(self, width: int, height: int) -> None:
        self.pixels: Pixels = np.zeros((height, width, 3), np.uint8)
        self.masked: Pixels = np.zeros((height, width, 3), np.uint8)
        self.known: NDArray[np.bool_] = np.zeros((height, width), bool)
        self.links: list[Link] = []
        self._boxes: list[NDArray[np.float64]] = []
        self._scores: list[NDArray[np.float64]] = []

    @property
    def share(self) -> float:
        """The share of the later picture under which anything lies."""
        return float(self.known.mean())

    @property
    def off(self) -> float:
        """Pixels by which what lies here may be off (95 %)."""
        return max((link.laid.off for link in self.links), default=0.0)

    @property
    def structures(self) -> Structures:
        """What was seen in the pictures, in pixels of the later one."""
        if not self._boxes:
            return Structures(np.empty((0, 4)), np.empty(0))
        return Structures(np.concatenate(self._boxes), np.concatenate(self._scores))

    def put(self, shot: Shot, looked: Looked, laid: Laid) -> None:
        """Lay a picture under what lies there already."""
        height, width = self.known.shape
        rows, columns = looked.pixels.shape[:2]
        whole = np.full((rows, columns), 255, np.uint8)
        shown = _warped(whole, laid.matrix, (width, height), cv2.INTER_NEAREST) > 0
        fresh = shown & ~self.known
        if not fresh.any():
            return
        for mine, theirs in ((self.pixels, looked.pixels), (self.masked, looked.masked)):
            mine[fresh] = _warped(theirs, laid.matrix, (width, height), cv2.INTER_LINEAR)[fresh]
        boxes = looked.seen.structures.boxes
        to_fractions = np.diag([1 / width, 1 / height, 1.0])
        matrix = to_fractions @ laid.matrix @ np.diag([columns, rows, 1.0])
        placed = moved(boxes / np.array([columns, rows] * 2), matrix) * np.array(
            [width, height] * 2
        )
        middles = ((placed[:, :2] + placed[:, 2:]) / 2).round().astype(int)
        inside = (middles >= 0).all(axis=1) & (middles < (width, height)).all(axis=1)
        here = np.zeros(len(placed), bool)
        here[inside] = fresh[middles[inside, 1], middles[inside, 0]]
        self._boxes.append(placed[here])
        self._scores.append(looked.seen.structures.scores[here])
        self.known |= shown
        self.links.append(Link(shot, laid, columns, rows))


def _warped(picture: Pixels, matrix: Matrix, size: tuple[int, int], how: int) -> Pixels:
    return np.asarray(cv2.warpPerspective(picture, matrix, size, flags=how), np.uint8)

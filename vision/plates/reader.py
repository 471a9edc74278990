"""PlateReader: reads one plate from its crop."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vision.frames import Pixels
from vision.plates.best_path import BestPath, best_path
from vision.plates.colour import colour_of
from vision.plates.cuts import CUTS, Cut, Lines, cuts_of, without_margin
from vision.plates.grammar import GRAMMARS
from vision.plates.reading import PlateReading, mean_of

LEAST = 0.3
"""Confidence below which nothing is said: of 52 real plates no wrong one reached it by more than
0.02 that a person could read (README.md)."""


class Networks(Lines, Protocol):
    """Finds lines of text, and tells what stands in one; see `vision.plates.network`."""

    def columns(self, line: Pixels) -> NDArray[np.float64]: ...  # noqa: D102


class PlateReader:
    """Reads plates. Owned by one thread.

    Args:
        networks: what reads text.
        cuts: how a plate is laid out for it; the likeliest reading counts.
    """

    def __init__(self, networks: Networks, cuts: Collection[Cut] = CUTS) -> None:
        self._networks, self._cuts = networks, cuts

    def read(self, crop: Pixels) -> PlateReading | None:
        """Read a plate; None where nothing sure enough stands there.

        Args:
            crop: H×W×3 uint8 BGR, the plate with the margin of `vision.frames.crop`.
        """
        if min(crop.shape[:2]) < 4:
            return None
        colour = colour_of(without_margin(crop))
        # Of two rows are large vehicles' yellow plates, and none of cars (GA 36).
        cuts = cuts_of(crop, self._networks, two_rows=colour == "yellow", wanted=self._cuts)
        paths = [self._best(line) for line in cuts.values()]
        best = max(paths, key=lambda path: mean_of(path.chances), default=None)
        if best is None or mean_of(best.chances) < LEAST:
            return None
        return PlateReading(best.text, tuple(round(c, 4) for c in best.chances), colour)

    def _best(self, line: Pixels) -> BestPath:
        columns = self._networks.columns(line)
        return max((best_path(columns, g) for g in GRAMMARS), key=lambda path: path.score)

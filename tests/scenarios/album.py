"""Album: what was seen in pictures, so that none is drawn and looked at two times."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import numpy as np

from datasets.renderer.camera import Array
from datasets.renderer.truth import TruthBox
from datasets.scenarios import Drawing, View
from vision.detections import Detections
from vision.look import Look

Seeing = Callable[[Array, list[TruthBox]], Detections]


class Album:
    """Draws the pictures of many views; those that are alike, noise apart, are drawn once.

    Args:
        size: frame (width, height), pixels.
        truth_only: pictures stay black; see `datasets.scenarios.Drawing`.
    """

    def __init__(self, size: tuple[int, int], *, truth_only: bool = False) -> None:
        self._size = size
        self._truth_only = truth_only
        self._drawings: dict[str, Drawing] = {}
        self._seen: dict[Hashable, Detections] = {}

    @property
    def pictures(self) -> int:
        """How many were drawn."""
        return len(self._seen)

    def seen(self, view: View, t: float, seeing: Seeing) -> Detections:
        """What there is to see at second `t`, which `seeing` tells from pixels and truth.

        Where a drone has flown, the stage tells exactly what registration finds in real pictures.
        """
        drawing = self._drawings.get(view.camera)
        if drawing is None or drawing.view is not view:
            drawing = Drawing(view, self._size, truth_only=self._truth_only)
            self._drawings[view.camera] = drawing
        state = drawing.state(t)
        if state not in self._seen:
            self._seen[state] = seeing(*drawing.frame(t))
        seen = self._seen[state]
        if view.over is None:
            return seen
        matrix = np.array(view.stage.laid_over(view.over), np.float64)
        return Look(surveyed=True, to_reference=matrix).on(seen)

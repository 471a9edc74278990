"""BestLooks: which look at a pass shows best what is said against it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from vision.detections import Detections
from vision.episodes import NormBox
from vision.frames import Frame
from vision.rules.plain import Plain
from vision.rules.sight import area

Key = tuple[int, str]
"""A pass by its number, and the sub-type that is said of it."""
Details = Callable[[NormBox, Frame, Detections], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Shown:
    """A look at a pass: it and what it did, in the frame's detections, and its `details`."""

    frame: Frame
    detections: Detections
    focus: tuple[int, ...]
    details: tuple[int, ...]
    area: float

    @property
    def worth(self) -> tuple[int, bool, float]:
        """One that shows what it left behind, too; else one with details; else the largest."""
        return len(self.focus), bool(self.details), self.area


class BestLooks:
    """Keeps the best look so far for each pass and sub-type; not remembered over a restart.

    Args:
        details: indexes of what a reviewer wants to see by itself of what is in a box.
    """

    def __init__(self, details: Details) -> None:
        self._details = details
        self._best: dict[Key, Shown] = {}

    def take(self, key: Key, focus: tuple[int, ...], frame: Frame, detections: Detections) -> None:
        """A look that itself says this against a pass; first of `focus` is what passes."""
        box = Plain.of(frame, detections).boxes[focus[0]]
        shown = Shown(frame, detections, focus, self._details(box, frame, detections), area(box))
        if key not in self._best or shown.worth > self._best[key].worth:
            self._best[key] = shown

    def keep(self, numbers: Collection[int]) -> None:
        """Forget all but these passes."""
        self._best = {key: best for key, best in self._best.items() if key[0] in numbers}

    def forget(self, number: int) -> None:
        """This pass is to be judged anew."""
        self._best = {key: best for key, best in self._best.items() if key[0] != number}

    def __contains__(self, key: Key) -> bool:
        return key in self._best

    def __getitem__(self, key: Key) -> Shown:
        return self._best[key]

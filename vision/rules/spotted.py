"""Spotted: where on the map a stay is, and along which steps of its camera's way it was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from vision.geo.position import Position

_TRACKS = 8


@dataclass(slots=True)
class Spotted:
    """Of one stay; see `vision.rules.way`.

    Attributes:
        where: as the look told it that was surest of the place, the latest of these.
        first: as the first look told it: a carried camera tells but its own place.
        steps: the latest steps at which it was seen, in order.
        enough: at some step there were as many as its rule asks for.
        tracks: ids of the latest tracks that it was seen as.
    """

    where: Position
    first: Position
    steps: list[int] = field(default_factory=list)
    enough: bool = False
    tracks: list[int] = field(default_factory=list)

    @property
    def last(self) -> int:
        """The latest step at which it was seen."""
        return self.steps[-1] if self.steps else 0

    def see(
        self, step: int, where: Position, tracks: Sequence[int], *, needed: int, of: int
    ) -> None:
        """Add a look at a step.

        Args:
            needed: at how many of the last `of` steps it has to be seen.
        """
        if not self.steps or step > self.last:
            self.steps.append(step)
        self.steps = [seen for seen in self.steps if seen > step - of]
        self.enough = self.enough or len(self.steps) >= needed
        if (where.accuracy_m or 0.0) <= (self.where.accuracy_m or 0.0):
            self.where = where
        new = [track for track in tracks if track not in self.tracks]
        self.tracks = [*self.tracks, *new][-_TRACKS:]

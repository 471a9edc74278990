"""Batch: frames that are looked at together, and what the engine was asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

from vision.frames import Frame
from vision.loop.collection import Taken
from vision.loop.supervised_engine import Asked


@dataclass(frozen=True, slots=True)
class Batch:
    """Frames taken, whether the engine is needed for each, and what it was asked, if anything.

    A frame for which it is not needed stands as its camera's one before.
    """

    taken: Sequence[Taken]
    needed: Sequence[bool]
    asked: Asked | None = None

    @property
    def frames(self) -> list[Frame]:
        """Those that the engine is needed for."""
        return [one.frame for one in compress(self.taken, self.needed)]

"""Overflowing bin: a full bin, or garbage, that dwells at one place over enough looks."""

from __future__ import annotations

from collections.abc import Sequence

from vision.rules.stationary import StationaryRule
from vision.rules.stay import Stay


class OverflowingBin(StationaryRule):
    """Each bin, with the garbage beside it, is a place of its own."""

    kind = "overflowing_bin"
    gaps_count = True
    # Garbage within a sixth of its own size of a bin lies beside that bin.
    reach = 0.33

    def subtype(self, stays: Sequence[Stay]) -> str:
        """With a container: overflow; without one: exposed garbage (the standard's boundary)."""
        full = any("overflowing_bin" in s.sight.classes for s in stays)
        return "bin_overflow" if full else "exposed_garbage"

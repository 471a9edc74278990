"""Overflowing bin: a full bin, or garbage, seen at one place on looks far enough apart."""

from __future__ import annotations

from collections.abc import Sequence

from vision.detections import Detections
from vision.frames import Frame
from vision.kinds import catalogue
from vision.rules.dwelling import Dwelling
from vision.rules.sight import Sight, find_sights
from vision.rules.stay import Stay

# Garbage within a sixth of its own size of a bin lies beside that bin.
_BESIDE = 0.33


class OverflowingBin(Dwelling):
    """Each bin, with the garbage beside it, is a place of its own."""

    kind = "overflowing_bin"
    gaps_count = True

    def sights(self, frame: Frame, detections: Detections) -> list[Sight]:
        """Overflowing bins and garbage; garbage beside a bin is one thing with it."""
        return find_sights(
            frame,
            detections,
            catalogue().kind(self.kind).seen_as,
            self.context.zone,
            min_score=self.context.threshold,
            reach=_BESIDE,
        )

    def subtype(self, stays: Sequence[Stay]) -> str:
        """With a container: overflow; without one: exposed garbage (the standard's boundary)."""
        full = any("overflowing_bin" in s.sight.classes for s in stays)
        return "bin_overflow" if full else "exposed_garbage"

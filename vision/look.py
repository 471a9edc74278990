"""Look: facts about one look at a camera besides its picture and detections (reused, visit, …).

It travels with the detections (`Look.of`, `Look.on`), since that is what goes from the loop through
the pipeline to the rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from vision.detections import Detections, altered

_KEY = "look"  # in the detections' metadata

Matrix = NDArray[np.float64]
"""3×3, from (u, v, 1), fractions of one picture, to those of another."""


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """Registration of a drone's picture to a key picture; see `vision.view.key_pictures`.

    Attributes:
        over: the key picture's number.
        to: from this picture to that one.
    """

    over: int
    to: Matrix


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One look.

    Attributes:
        reused: the detections are an earlier look's, of a scene that has not changed since.
        surveyed: the look is from a flight, and `to_reference` registers its picture to the first
            picture of the same ground.
        to_reference: from this picture to the first one; None if registration failed, or the look
            was not `surveyed`. See `vision.view.registration`.
        laid: registration to a key picture, for a drone that watches trucks; None if it failed.
        visit: when the camera turned to the preset that the look shows (UTC), if it was seen to
            stand elsewhere before.
    """

    reused: bool = False
    surveyed: bool = False
    to_reference: Matrix | None = None
    laid: Laid | None = None
    visit: datetime | None = None

    @classmethod
    def of(cls, detections: Detections) -> Look:
        """The look that made these detections; one of which nothing is known by default."""
        found = detections.metadata.get(_KEY)
        return found if isinstance(found, Look) else cls()

    def on(self, detections: Detections) -> Detections:
        """The detections as those of this look."""
        return altered(detections, metadata={**detections.metadata, _KEY: self})

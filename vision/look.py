"""Look: what is known of one look at a camera besides its picture and what was detected in it.

It travels with the detections (`Look.of`, `Look.on`), since that is what goes from the loop through
the pipeline to the rules.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from vision.detections import Detections

_KEY = "look"  # in the detections' metadata

Matrix = NDArray[np.float64]
"""3×3, from (u, v, 1), fractions of one picture, to those of another."""


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """How a drone's picture lies in a key picture of its own; see `vision.view.key_pictures`.

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
        surveyed: the look is from a flight, so its picture has a place in the first one of the
            ground it shows, and `to_reference` says which.
        to_reference: from this picture to the first one; None where it could not be told, or the
            look was not `surveyed`. See `vision.view.registration`.
        laid: in a drone's look that is judged for what drives; None where it could not be told.
        visit: when the camera turned to the preset that the look shows (UTC), where it was seen to
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
        return replace(detections, metadata={**detections.metadata, _KEY: self})

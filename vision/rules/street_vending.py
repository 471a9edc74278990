"""Street vending: a stall or parasol that stays in the zone. A market is one episode.

Roaming vendor and shop front are told apart by a later version; what stays on a public way is
filed as a stall on it, and a reviewer corrects the matter.
"""

from __future__ import annotations

from collections.abc import Sequence

from vision.detections import Detections
from vision.frames import Frame
from vision.kinds import catalogue
from vision.rules.dwelling import Dwelling
from vision.rules.sight import Sight, find_sights
from vision.rules.stay import Stay


class StreetVending(Dwelling):
    """See the module's text."""

    kind = "street_vending"
    zone_is_one_place = True

    def sights(self, frame: Frame, detections: Detections) -> list[Sight]:
        """Stalls and parasols; a parasol over a stall is one thing with it."""
        return find_sights(
            frame,
            detections,
            catalogue().kind(self.kind).seen_as,
            self.context.zone,
            min_score=self.context.threshold,
        )

    def subtype(self, stays: Sequence[Stay]) -> str:  # noqa: ARG002 - one sub-type so far
        """Always a stall on the public way (see the module's text)."""
        return "stall"

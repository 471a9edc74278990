"""Street vending: a stall or parasol that dwells in the zone. A market is one episode.

A parasol that overlaps a stall is one object with it. A vendor who moves on before the dwell is
over, but whose stops in the zone add up to it (occupancy), is a roaming vendor. Goods outside a
shop are a sub-type set by the zone (`subtypes: {street_vending: shop_outside}`): a picture does not
show whose a stall is, and a reviewer corrects the sub-type. Whether people are with a stall does
not affect the decision, since the detector easily misses people under a parasol; it is among the
reasons, because an unattended cart is handled differently from a vendor.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from vision.detections import Detections
from vision.episodes import NormBox, Reason
from vision.frames import Frame
from vision.rules.plain import Plain
from vision.rules.reasons import attended
from vision.rules.sight import Sight, touching
from vision.rules.stationary import StationaryRule
from vision.rules.stay import Stay

# A person within this share of a stall's size, to each side, is with it.
_BESIDE = 0.25


class StreetVending(StationaryRule):
    """Stationary rule of vending; see the module's docstring."""

    kind = "street_vending"
    zone_is_one_place = True

    def sights(self, frame: Frame, detections: Detections) -> list[Sight]:
        """Return the stalls in the zone, each with whether a person is next to it."""
        found = super().sights(frame, detections)
        if not found:
            return found
        look = Plain.of(frame, detections)
        people = look.indexes({"person"}, self.context.threshold)
        if not people:
            return found
        stalls = [_surroundings(s.box) for s in found]
        visited = {n for n, _ in touching(stalls, [look.boxes[n] for n in people])}
        return [_attended(s) if n in visited else s for n, s in enumerate(found)]

    def reasons(self, lead: Stay, occupied: timedelta) -> tuple[Reason, ...]:
        """Add how often people were seen with it."""
        return (*super().reasons(lead, occupied), attended(lead.attended, lead.looks))

    def subtype(self, stays: Sequence[Stay]) -> str:
        """A stall if one stay has the dwell; a roaming vendor if only several stops together do."""
        stopped = any(s.looks >= self._least.looks for s in stays)
        return "roaming_vendor" if stopped and not any(s.ripe for s in stays) else "stall"


def _attended(stall: Sight) -> Sight:
    return Sight(stall.box, stall.score, stall.classes, stall.indexes, attended=True)


def _surroundings(stall: NormBox) -> NormBox:
    x1, y1, x2, y2 = stall
    wide, tall = _BESIDE * (x2 - x1), _BESIDE * (y2 - y1)
    return x1 - wide, y1 - tall, x2 + wide, y2 + tall

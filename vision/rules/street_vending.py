"""Street vending: a stall or parasol that stays in the zone. A market is one episode.

A parasol that overlaps a stall is one thing with it. Who keeps moving on before the dwell is over,
but stops in the zone for as long all together, is a roaming vendor; what stands before a shop's
door is told by the zone (`subtypes: {street_vending: shop_outside}`). Whose a stall is, a picture
does not tell: a reviewer corrects the matter.
"""

from __future__ import annotations

from collections.abc import Sequence

from vision.rules.dwelling import Dwelling
from vision.rules.stay import Stay


class StreetVending(Dwelling):
    """See the module's text."""

    kind = "street_vending"
    zone_is_one_place = True

    def subtype(self, stays: Sequence[Stay]) -> str:
        """A stall where one stays long enough; a roaming vendor where only all together do."""
        stopped = any(s.looks >= self._looks for s in stays)
        return "roaming_vendor" if stopped and not any(s.ripe for s in stays) else "stall"

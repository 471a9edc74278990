"""Street vending: a stall or parasol that stays in the zone. A market is one episode.

A parasol that overlaps a stall is one thing with it. Roaming vendor and shop front are told apart
by a later version; what stays on a public way is filed as a stall on it, and a reviewer corrects
the matter.
"""

from __future__ import annotations

from collections.abc import Sequence

from vision.rules.dwelling import Dwelling
from vision.rules.stay import Stay


class StreetVending(Dwelling):
    """See the module's text."""

    kind = "street_vending"
    zone_is_one_place = True

    def subtype(self, stays: Sequence[Stay]) -> str:  # noqa: ARG002 - one sub-type so far
        """Always a stall on the public way (see the module's text)."""
        return "stall"

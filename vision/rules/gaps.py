"""Gaps: how long an object may go unseen within one stay, and which intervals add to dwell.

A *gap* is an interval between two looks that is too long to know what happened in it; it adds
nothing to dwell.

The *lapse* is how long an object may be unseen, or a place empty of what had stopped there, within
one stay; after it, dwell and occupancy start again at zero. The lapse is the zone's `clear`, the
time after which clean looks show an object gone. So the result is the same whether something else
kept the place alive or the camera saw nothing. Vendors who take turns are within seconds or a
minute of each other. The lapse is never shorter than a gap, so that a camera with rare looks can
confirm at all; between the visits of a camera on patrol it is the dwell (see `visits.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from vision.rules.context import Context

GAP_LOOKS = 5
"""A look that comes later than this many intervals was preceded by a gap, not by a stay."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """The gaps and lapses of one kind in one zone.

    Attributes:
        count: time between looks counts as presence, however long, so a stay never lapses.
    """

    context: Context
    count: bool

    def since(self, last: datetime | None, visit: datetime | None) -> timedelta:
        """Return the longest interval between looks that counts as dwell.

        Args:
            last: when the object was last seen.
            visit: start of the visit that shows it now, for a camera on patrol.
        """
        if self.count:
            return timedelta.max
        if _elsewhere(last, visit):
            return timedelta(0)
        return GAP_LOOKS * self.context.look_interval

    def lapse(self, last: datetime | None, visit: datetime | None) -> timedelta:
        """How long it may have been unseen within one stay, at a look that shows it again."""
        if self.count:
            return timedelta.max
        dwell = self.context.settings.dwell or timedelta(0)
        return max(self.empty, dwell) if _elsewhere(last, visit) else self.empty

    @property
    def empty(self) -> timedelta:
        """How long a place may be seen empty within one stay."""
        clear = self.context.settings.clear or timedelta(0)
        return clear if self.count else max(clear, GAP_LOOKS * self.context.look_interval)


def _elsewhere(last: datetime | None, visit: datetime | None) -> bool:
    """Whether the camera looked elsewhere in between."""
    return visit is not None and last is not None and last < visit

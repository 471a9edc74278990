"""Gaps: how long an object may go unseen within one stay, and which intervals add to dwell.

A *gap* is an interval between two looks that is too long to know what happened in it; it adds
nothing to dwell.

The *lapse* is how long a thing may be unseen, or a place empty of what had stopped, in one stay;
after it both begin anew with their time. It is the zone's `clear`, the time after which clean looks
show a thing gone: so it changes nothing whether something else kept the place alive meanwhile, or
the camera saw nothing. Vendors who take turns are within seconds or a minute of each other. It is
never shorter than a gap, so that a camera that looks seldom decides at all, and between the visits
of one that turns it is the dwell (see `visits.py`).

A *seam* of a recording (`Frame.part`) is no gap: nobody knows how much time lies there, nor in
which order its two sides were taken. So nothing lasts over it, whatever its kind: see `closing.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from vision.rules.context import Context

_YEAR = timedelta(days=365)

GAP_LOOKS = 5
"""A look that comes later than this many intervals was preceded by a gap, not by a stay."""


@dataclass(frozen=True)
class Gaps:
    """The gaps and lapses of one kind in one zone.

    Attributes:
        count: time between looks counts as presence, so that nothing lapses unseen within the
            `horizon`.
        endures: nor does a candidate beyond it.
    """

    context: Context
    count: bool
    endures: bool = False

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
        return self._gap

    def lapse(self, last: datetime | None, visit: datetime | None) -> timedelta:
        """How long it may have been unseen within one stay, at a look that shows it again."""
        if self.count:
            return timedelta.max
        dwell = self.context.settings.dwell or timedelta(0)
        return max(self.empty, dwell) if _elsewhere(last, visit) else self.empty

    @property
    def horizon(self) -> timedelta:
        """How long nobody may have looked at what is in one state."""
        return self.context.settings.horizon or _YEAR

    @cached_property
    def empty(self) -> timedelta:
        """How long a place may be seen empty within one stay."""
        clear = self.context.settings.clear or timedelta(0)
        return clear if self.count else max(clear, self._gap)

    @cached_property
    def _gap(self) -> timedelta:
        return GAP_LOOKS * self.context.look_interval


def _elsewhere(last: datetime | None, visit: datetime | None) -> bool:
    """Whether the camera looked elsewhere in between."""
    return visit is not None and last is not None and last < visit

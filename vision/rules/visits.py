"""Visits: what a camera that turns among its presets tells of the time it looked elsewhere.

A zone at a preset is seen in visits, some minutes apart. What is seen at the end of one and at the
beginning of the next, at the same spot and with no more clean looks between them than a visit by
itself may have, has stayed: each visit is a look of a camera that looks seldom. Three bounds keep
this from convicting who was not there:

- Visits farther apart than the kind's whole dwell are not one stay.
- Of the time between two visits no more counts than makes the dwell with as many visits as the rule
  wants looks, however long it was: that often it has to be seen.
- What occupies a place one after the other adds up only while it is seen.

Absence is held to the same: a stay ends only with clean looks in one visit.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from vision.rule_settings import RuleSettings
from vision.rules.stay import Stay
from vision.site import Zone

GAP_LOOKS = 5
"""A look that comes later than this many intervals was preceded by a gap, not by a stay."""


class Visits:
    """The visits to one zone; a zone of a camera without presets has none.

    Attributes:
        gap: a look that comes later than this belongs to another visit.
    """

    def __init__(self, zone: Zone, settings: RuleSettings, gap: timedelta) -> None:
        self._least = settings.dwell or timedelta(0)
        self._share = self._least / max(1, (settings.looks or 1) - 1)
        self.gap = gap if zone.preset is not None else timedelta.max

    def between(self, stay: Stay, at: datetime) -> timedelta:
        """What counts of the time between visits, of a thing that is seen again now."""
        since = at - stay.last
        if not self.gap < since <= self._least or stay.misses >= GAP_LOOKS:
            return timedelta(0)
        return min(since, self._share)

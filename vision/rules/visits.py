"""Visits: what a camera that turns among its presets tells of the time it looked elsewhere.

A zone at a preset is seen in visits, some minutes apart. What is seen at the end of one and at the
beginning of the next, at the same spot, has stayed: each visit is a look of a camera that looks
seldom. Four bounds keep this from convicting who was not there:

- It was seen at least twice in the visit before, and hardly missed since.
- Visits farther apart than the kind's whole dwell are not one stay.
- Of the time between two visits no more counts than makes the dwell with as many visits as the rule
  wants looks, however long it was: that often it has to be seen.
- What occupies a place one after the other adds up only while it is seen.

Absence is held to the same: a stay ends only with clean looks in one visit. Kinds that count the
time between looks anyway (bins, structures) count it between visits as well.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from vision.detections import Detections
from vision.look import Look
from vision.rules.stay import Stay
from vision.site.rule_settings import RuleSettings

# Looks that showed it in the visit before, and looks missed since, as flicker may be.
_SEEN, _MISSED = 2, 2


def visit_of(detections: Detections, at: datetime) -> datetime | None:
    """When the visit began that a look at this moment belongs to; None where there are no others.

    A clock that was set back since tells of none.
    """
    begun = Look.of(detections).visit
    return begun if begun is not None and begun <= at else None


def between(stay: Stay, at: datetime, begun: datetime | None, settings: RuleSettings) -> timedelta:
    """What counts of the time between visits, of a thing that is seen again at this moment.

    Args:
        begun: the visit that shows it now.
    """
    least, since = settings.dwell or timedelta(0), at - stay.last
    seen = stay.here >= _SEEN and stay.misses <= _MISSED
    if begun is None or stay.last >= begun or since > least or not seen:
        return timedelta(0)
    return min(since, least / max(1, (settings.looks or 1) - 1))

"""Visits: dwell between the visits of a pan-tilt-zoom camera on patrol to one preset.

A zone at a preset is seen in visits, some minutes apart. An object seen at the end of one visit and
at the start of the next, at the same spot, has stayed: each visit is like one look of a camera with
rare looks. Four limits prevent false accusations:

- It was seen at least twice in the visit before, and hardly missed since.
- Visits farther apart than the kind's whole dwell are not one stay.
- The time that counts between two visits is limited so that the dwell needs as many visits as the
  rule needs looks, however far apart they are.
- Occupancy by several objects in turn adds up only while they are seen.

The same holds for absence: a stay ends only with clean looks in one visit. Kinds that count the
time between looks anyway (bins, structures) count it between visits as well.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from vision.detections import Detections
from vision.look import Look
from vision.rules.stay import Stay
from vision.site.rule_settings import RuleSettings

# Minimum looks that showed it in the visit before, and maximum misses since, to allow for flicker.
_SEEN, _MISSED = 2, 2


def visit_of(detections: Detections, at: datetime) -> datetime | None:
    """Return the start of the visit that this look belongs to; None if there are no visits.

    Also None if the clock was set back since.
    """
    begun = Look.of(detections).visit
    return begun if begun is not None and begun <= at else None


def between(stay: Stay, at: datetime, begun: datetime | None, settings: RuleSettings) -> timedelta:
    """Return how much time between visits counts for a stay that is seen again at this moment.

    Args:
        begun: start of the visit that shows it now.
    """
    least, since = settings.dwell or timedelta(0), at - stay.last
    seen = stay.here >= _SEEN and stay.misses <= _MISSED
    if begun is None or stay.last >= begun or since > least or not seen:
        return timedelta(0)
    return min(since, least / max(1, (settings.looks or 1) - 1))

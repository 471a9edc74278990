"""Announcement: the events of a case that are reported to receivers.

Cases announce an event in the transaction of the change itself and do not know who listens.
`api.delivery.events.Announcer.announce` puts it into the outbox.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from api.storage.tables import CaseRow


class CaseEvent(StrEnum):
    """Events that receivers can subscribe to; none occurs before a person's decision.

    Those of the case's life are called as the stage that it has come to, or as the flag.
    """

    CONFIRMED = "confirmed"
    CLEARED = "cleared"
    """Clean looks have shown it gone."""
    ENDED = "ended"
    """No camera watches it any more, and it was not seen gone."""
    REOPENED = "reopened"
    """It was cleared or ended, and was seen again within `dedupe`."""
    REJECTED = "rejected"
    FILED = "filed"
    DISPATCHED = "dispatched"
    HANDLED = "handled"
    VERIFIED = "verified"
    RETURNED = "returned"
    NOTICED = "noticed"
    GRACE = "grace"
    REOBSERVED = "reobserved"
    ACCEPTED = "accepted"
    TRANSFERRED = "transferred"
    REASSIGNED = "reassigned"
    """It went to another division. Whoever was told of it is told this, whatever they asked for:
    it is not theirs any more, or has to be begun again."""
    CLOSED = "closed"
    """With its `outcome`, such as `withdrawn` or `overturned`."""
    SUPERVISED = "supervised"
    SUPERVISION_ENDED = "supervision_ended"
    APPEALED = "appealed"
    UPHELD = "upheld"


def ending(case: CaseRow) -> CaseEvent:
    """Return the event for a case that is over: cleared or ended."""
    return CaseEvent.ENDED if case.cleared_at is None else CaseEvent.CLEARED


Announce = Callable[[Session, CaseRow, CaseEvent, datetime], None]
"""Called with a case's session, the case, what happened and when (UTC)."""

Recall = Callable[[Session, CaseRow], bool]
"""Called to take back what was announced of a case; False, and nothing done, where a receiver is
being told of it or was."""

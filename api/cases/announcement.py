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
    """Events that receivers can subscribe to; none occurs before a person's decision."""

    CONFIRMED = "confirmed"
    CLEARED = "cleared"
    """Clean looks have shown it gone."""
    ENDED = "ended"
    """No camera watches it any more, and it was not seen gone."""
    REOPENED = "reopened"
    """It was cleared or ended, and was seen again within `dedupe`."""
    REJECTED = "rejected"


def ending(case: CaseRow) -> CaseEvent:
    """Return the event for a case that is over: cleared or ended."""
    return CaseEvent.ENDED if case.cleared_at is None else CaseEvent.CLEARED


Announce = Callable[[Session, CaseRow, CaseEvent, datetime], None]
"""Called with a case's session, the case, what happened and when (UTC)."""

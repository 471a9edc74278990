"""What becomes of a case that others hear of, and how it is announced.

Cases say what happened, in the transaction of the change itself; who listens is no matter of
theirs. `api.delivery.events.Announcer.announce` puts it into the outbox.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from api.storage.tables import CaseRow


class CaseEvent(StrEnum):
    """What receivers can subscribe to; nothing here happens before a person decided."""

    CONFIRMED = "confirmed"
    CLEARED = "cleared"
    """Clean looks have shown it gone."""
    ENDED = "ended"
    """No camera watches it any more: nobody saw it gone."""
    REOPENED = "reopened"
    """It was cleared or ended, and is there again within `dedupe`."""
    REJECTED = "rejected"


def ending(case: CaseRow) -> CaseEvent:
    """What tells that a case has ended."""
    return CaseEvent.ENDED if case.cleared_at is None else CaseEvent.CLEARED


Announce = Callable[[Session, CaseRow, CaseEvent, datetime], None]
"""Called with a case's session, the case, what happened and when (UTC)."""

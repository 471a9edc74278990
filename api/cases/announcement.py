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
    REJECTED = "rejected"


Announce = Callable[[Session, CaseRow, CaseEvent, datetime], None]
"""Called with a case's session, the case, what happened and when (UTC)."""

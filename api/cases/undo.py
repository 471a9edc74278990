"""Undo: a decision that was a slip of the hand is taken back before anything has left.

What a decision announces waits in the outbox until the case's `undo_until` (`review.undo` of the
site file). An undo takes it out again; where a delivery has begun, it is refused.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from api.access.roles import Principal, Role
from api.cases.announcement import Recall
from api.cases.second_review import forget
from api.errors import IllegalStep
from api.storage.tables import CaseRow, LogRow
from api.words.said import say

DECISIONS = frozenset({"confirmed", "confirmed_first", "rejected"})
"""Actions of the log that are a person's decision and can be undone."""


def in_time(case: CaseRow, _by: Principal | str) -> str | None:
    """Guard: not longer ago than the site allows."""
    if case.undo_until is not None and datetime.now(UTC) < case.undo_until:
        return None
    return say("undo_too_late")


def ones_own(case: CaseRow, by: Principal | str) -> str | None:
    """Guard: a reviewer undoes their own decision only."""
    if not isinstance(by, Principal) or by.role is not Role.REVIEWER:
        return None
    made = _decision(case)
    if made.key_id == by.key_id:
        return None
    return say("undo_others", by=made.actor)


def take_back(session: Session, case: CaseRow, recall: Recall) -> str:
    """Forget the decision of a case that has moved back to the queue; return what it was.

    Raises:
        IllegalStep: a receiver is being told, or was.
    """
    if not recall(session, case):
        raise IllegalStep(say("undo_told"))
    made = _decision(case)
    forget(case, made.at)
    case.review = case.undo_until = None
    return made.action


def _decision(case: CaseRow) -> LogRow:
    return next(entry for entry in reversed(case.log) if entry.action in DECISIONS)

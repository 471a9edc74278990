"""Emission: the first receiver that accepts a confirmed case makes it `emitted`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.cases.announcement import CaseEvent
from api.cases.life import move
from api.cases.log import enter
from api.cases.stages import Stage
from api.cases.steps import Step
from api.storage.tables import CaseRow, LogRow
from api.words.said import say
from vision.registers.working_calendar import WorkingCalendar


def moved_on(session: Session, case_id: str, told_at: datetime) -> bool:
    """Whether a case has gone to another division since somebody was told of it (UTC)."""
    since = select(LogRow.id).where(
        LogRow.case_id == case_id,
        LogRow.action == CaseEvent.REASSIGNED.value,
        LogRow.at > told_at,
    )
    return session.scalar(since.limit(1)) is not None


def emit(
    session: Session,
    case_id: str,
    receiver: str,
    event_id: str,
    *,
    calendar: WorkingCalendar,
    now: datetime,
) -> None:
    """Move a case that a person confirmed on, once, in the transaction that notes the delivery.

    Args:
        receiver: the webhook that accepted it.
        event_id: what was accepted.
        calendar: the site's, by which deadlines are counted.
        now: UTC.
    """
    case = session.get_one(CaseRow, case_id, with_for_update=True)
    if case.stage != Stage.CONFIRMED.value:
        return
    move(case, Step.EMIT, "outbox", calendar=calendar, now=now)
    enter(
        session,
        case,
        Stage.EMITTED.value,
        by="outbox",
        reason=say("accepted_by", receiver=receiver),
        data={"receiver": receiver, "event": event_id},
        at=now,
    )

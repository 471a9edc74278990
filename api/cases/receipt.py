"""Receipt: what a receiver has to say of a case that it was told of, kept with the case."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from api.cases.log import enter
from api.storage.tables import CaseRow
from api.words.said import say


def number(session: Session, case_id: str, receiver: str, task_no: str, now: datetime) -> None:
    """Keep the number under which a receiver has filed a case; the first one stays the case's.

    Args:
        session: of the transaction that notes the delivery.
        case_id: the case's.
        receiver: the webhook that gave the number.
        task_no: 任务号.
        now: UTC.
    """
    case = session.get_one(CaseRow, case_id, with_for_update=True)
    if case.task_no == task_no:
        return
    kept = case.task_no is None
    if kept:
        case.task_no = task_no
    stays = "" if kept else case.task_no
    reason = say("filed_under", receiver=receiver, task_no=task_no, kept=stays)
    data = {"receiver": receiver, "task_no": task_no}
    enter(session, case, "numbered", by="outbox", reason=reason, data=data, at=now)


def remark(
    session: Session,
    case_id: str,
    action: str,
    *,
    reason: str,
    receiver: str,
    event_id: str,
    now: datetime,
) -> None:
    """Log how it ended that a receiver was told, where that is an act in the case's life.

    Args:
        session: of the transaction that notes the outcome.
        case_id: the case's.
        action: the log's word.
        reason: in words.
        receiver: the webhook.
        event_id: what it was told.
        now: UTC.
    """
    case = session.get_one(CaseRow, case_id, with_for_update=True)
    data = {"receiver": receiver, "event": event_id}
    enter(session, case, action, by="outbox", reason=reason, data=data, at=now)

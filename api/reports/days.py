"""Days: what happened on each day of a period."""

from __future__ import annotations

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from api.access.roles import Principal
from api.cases.scope import scoped
from api.reports.facts import ACTIONS, stood
from api.reports.period import Period
from api.reports.schemas import DayCounts
from api.reports.sql import day_table
from api.storage.tables import CaseRow, LogRow


def day_counts(session: Session, who: Principal, period: Period) -> list[DayCounts]:
    """Every day of the period in order, with what happened on it; together they are its sums."""
    of = {action: name for name, actions in ACTIONS.items() for action in actions}
    days = period.days()
    table = day_table(days)
    query = (
        select(table.c.day, LogRow.action, func.count())
        .join(LogRow, and_(LogRow.at >= table.c.start, LogRow.at < table.c.end))
        .where(stood(tuple(of)))
        .group_by(table.c.day, LogRow.action)
    )
    if who.limited:  # else the cases need not be read
        query = scoped(query.join(CaseRow, CaseRow.id == LogRow.case_id), who)
    counted = {day.date.isoformat(): dict.fromkeys(ACTIONS, 0) for day in days}
    for day, action, many in session.execute(query):
        counted[day][of[action]] += many
    return [DayCounts(day=day, counts=counts) for day, counts in counted.items()]

"""Pages of call-backs, of one case or of all that a key's holder sees."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from api.access.roles import Principal
from api.callbacks.schemas import CallbackPage, CallbackView
from api.callbacks.standing import State
from api.cases.scope import scoped, unknown
from api.storage.database import Database
from api.storage.tables import CallbackRow, CaseRow


def page(
    database: Database,
    who: Principal,
    *,
    states: Sequence[State],
    case_id: str | None = None,
    after: int | None = None,
    limit: int,
) -> CallbackPage:
    """The newest call-backs in these states behind the cursor `after`; of one case or of all.

    Raises:
        UnknownCase: `case_id` is of no case that this key sees.
    """
    query = scoped(select(CallbackRow).join(CaseRow), who)
    query = query.where(CallbackRow.state.in_([state.value for state in states]))
    if after is not None:
        query = query.where(CallbackRow.id < after)
    with database.read() as session:
        if case_id is not None:
            query = query.where(CallbackRow.case_id == case_id)
            if session.scalar(scoped(select(CaseRow.id).where(CaseRow.id == case_id), who)) is None:
                raise unknown(case_id)
        rows = list(session.scalars(query.order_by(CallbackRow.id.desc()).limit(limit + 1)))
    items = [CallbackView.of(row) for row in rows[:limit]]
    return CallbackPage(items=items, next=items[-1].no if len(rows) > limit else None)

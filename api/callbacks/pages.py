"""Pages of call-backs, of one case or of all that a key's holder sees."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, select, union_all

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
    with database.read() as session:
        if case_id is not None:
            seen = scoped(select(CaseRow.id).where(CaseRow.id == case_id), who)
            if session.scalar(seen) is None:
                raise unknown(case_id)
        # The newest of all states are among the newest of each, and each is a walk in an index.
        walks = (_newest(who, state, case_id, after, limit + 1).subquery() for state in states)
        ids = session.scalars(union_all(*(select(walk) for walk in walks))).all()
        newest = sorted(ids, reverse=True)[: limit + 1]
        query = select(CallbackRow).where(CallbackRow.id.in_(newest))
        rows = list(session.scalars(query.order_by(CallbackRow.id.desc())))
    items = [CallbackView.of(row) for row in rows[:limit]]
    return CallbackPage(items=items, next=items[-1].no if len(rows) > limit else None)


def _newest(
    who: Principal, state: State, case_id: str | None, after: int | None, limit: int
) -> Select[int]:
    query = select(CallbackRow.id).where(CallbackRow.state == state.value)
    if who.limited:  # else the cases need not be read
        # Not joined: a database would begin with the cases, and sort what it finds of them.
        case = select(CaseRow.id).where(CaseRow.id == CallbackRow.case_id).correlate(CallbackRow)
        query = query.where(scoped(case, who).exists())
    if case_id is not None:
        query = query.where(CallbackRow.case_id == case_id)
    if after is not None:
        query = query.where(CallbackRow.id < after)
    return query.order_by(CallbackRow.id.desc()).limit(limit)

"""Facts: what happened to each case in a period, as one table that every sum is made of.

An entry of the log is counted by its own time. A decision that was undone never was. The table is
temporary, of this transaction alone: what is summed five ways is worked out once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import (
    CTE,
    Column,
    ColumnElement,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    and_,
    case,
    exists,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from api.access.roles import Principal
from api.cases.scope import scoped
from api.cases.stages import UNFOUNDED
from api.reports.period import Period
from api.reports.sql import seconds
from api.storage.tables import CaseRow, LogRow
from vision.site.reports import ENTERED

ACTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    name: ("closed", "withdrawn") if name == "closed" else (name,) for name in ENTERED
}
"""The entries of the log that each count counts."""
DECISIONS = ("confirmed", "rejected")
_DONE = ("handled", "closed")
_KNOWN = ("division", "grid", "kind", "camera", "subtype", "stage", "outcome")
FACTS = Table(
    "report_facts",
    MetaData(),
    Column("case_id", String),
    Column("to_review", Integer),
    Column("to_handle", Integer),
    *(Column(name, String) for name in _KNOWN),
    *(Column(f"n_{name}", Integer) for name in ENTERED),
    prefixes=["TEMPORARY"],
)
"""One row for each case that a key sees and to which anything happened in a period.

`n_NAME` for each name of `ENTERED`: how often; `to_review` and `to_handle`: seconds that its
decision and its handling took if they were in the period, else null; and what it is now.
"""


def undone() -> Select[Any]:
    """The ids of the log's entries that tell of decisions which were undone."""
    said, undoing = aliased(LogRow), aliased(LogRow)
    before = (
        select(func.max(said.id))
        .where(said.case_id == undoing.case_id, said.id < undoing.id)
        .where(said.action.in_((*DECISIONS, "confirmed_first", "disagreed")))
        .scalar_subquery()
    )
    return select(before).where(undoing.action == "undone")


def happened(period: Period, actions: tuple[str, ...]) -> ColumnElement[bool]:
    """Whether an entry of the log is one of these, in the period, and was not undone."""
    return and_(LogRow.at >= period.start, LogRow.at < period.end, stood(actions))


def stood(actions: tuple[str, ...]) -> ColumnElement[bool]:
    """Whether an entry of the log is one of these, whenever, and was not undone."""
    said = LogRow.action.in_(actions)
    if set(actions) & set(DECISIONS):
        return and_(said, or_(LogRow.action.not_in(DECISIONS), LogRow.id.not_in(undone())))
    return said


@contextmanager
def gathered(
    session: Session, who: Principal, period: Period, names: Collection[str] = ENTERED
) -> Iterator[None]:
    """Fill `FACTS`, in this transaction, until the block ends.

    Args:
        session: of a reading transaction.
        who: whose scope it is.
        period: the reported time.
        names: what is counted; where that is not everything, neither are the two times.
    """
    connection = session.connection()
    FACTS.create(connection)
    try:
        query = _facts(who, period, [name for name in ENTERED if name in names])
        filled = [column.name for column in query.selected_columns]
        session.execute(insert(FACTS).from_select(filled, query))
        yield
    finally:
        FACTS.drop(connection)


def _facts(who: Principal, period: Period, names: Sequence[str]) -> Select[Any]:
    wanted = tuple(action for name in names for action in ACTIONS[name])
    entries = (
        select(
            LogRow.case_id,
            *(
                func.sum(case((LogRow.action.in_(ACTIONS[name]), 1), else_=0)).label(f"n_{name}")
                for name in names
            ),
            func.max(case((LogRow.action.in_(DECISIONS), LogRow.at))).label("decided_at"),
            func.min(case((LogRow.action.in_(_DONE), LogRow.at))).label("done_at"),
        )
        .where(happened(period, wanted))
        .group_by(LogRow.case_id)
        .cte("entries")
    )
    timed = (_to_review(entries).label("to_review"), _to_handle(entries, period).label("to_handle"))
    query = select(
        CaseRow.id.label("case_id"),
        *(getattr(CaseRow, name) for name in _KNOWN),
        *(entries.c[f"n_{name}"] for name in names),
        *(timed if len(names) == len(ENTERED) else ()),
    ).join(entries, entries.c.case_id == CaseRow.id)
    return scoped(query, who)


def _to_review(entries: CTE) -> ColumnElement[Any]:
    """From when it could be decided: since it was opened, or since nothing mutes it any more."""
    released = _latest("released")
    since = func.coalesce(released, CaseRow.created_at)
    return case((entries.c.decided_at.is_not(None), seconds(since, entries.c.decided_at)))


def _to_handle(entries: CTE, period: Period) -> ColumnElement[Any]:
    """From the decision to the first time that it was handled, or closed without that."""
    earlier = exists().where(
        LogRow.case_id == CaseRow.id, LogRow.action.in_(_DONE), LogRow.at < period.start
    )
    unfounded = [outcome.value for outcome in UNFOUNDED]
    counts = and_(
        entries.c.done_at.is_not(None),
        or_(CaseRow.outcome.is_(None), CaseRow.outcome.not_in(unfounded)),
        ~earlier,
    )
    return case((counts, seconds(_latest("confirmed"), entries.c.done_at)))


def _latest(action: str) -> ColumnElement[Any]:
    return (
        select(func.max(LogRow.at))
        .where(LogRow.case_id == CaseRow.id, LogRow.action == action)
        .correlate(CaseRow)
        .scalar_subquery()
    )

"""Facts: what happened to each case in a period, gathered once; every sum is made of it.

An entry of the log is counted by its own time. A decision that was undone never was. Cases that
are alike are kept together: a year has a hundred thousand cases and some thousand sorts of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sqlalchemy import CTE, ColumnElement, Select, and_, case, exists, func, null, or_, select
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


class Alike(NamedTuple):
    """What cases have in common that are counted together: what they are now, what happened.

    `happened`: the actions of their entries in the period, in any order, joined by commas.
    """

    division: str
    grid: str
    kind: str
    camera: str
    subtype: str
    stage: str
    outcome: str | None
    company: str | None
    happened: str


@dataclass(slots=True)
class Some:
    """How many cases are alike, and the seconds that those took which were decided or handled."""

    many: int = 0
    to_review: list[int] = field(default_factory=list)
    to_handle: list[int] = field(default_factory=list)


Facts = Mapping[Alike, Some]
"""The cases that a key sees and to which anything happened in a period."""


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


def gathered(
    session: Session, who: Principal, period: Period, names: Collection[str] = ENTERED
) -> Facts:
    """What happened to cases in a period.

    Args:
        session: of a reading transaction.
        who: whose scope it is.
        period: the reported time.
        names: what is counted; where that is not everything, no times are given.
    """
    facts: dict[tuple[Any, ...], Some] = {}
    # By the connection: a session's rows cost a third more, and a year has a hundred thousand.
    for row in session.connection().execute(_query(who, period, names)):
        key = row[:-2]
        some = facts.get(key)
        if some is None:
            some = facts[key] = Some()
        some.many += 1
        to_review, to_handle = row[-2:]
        if to_review is not None:
            some.to_review.append(to_review)
        if to_handle is not None:
            some.to_handle.append(to_handle)
    return {Alike(*key): some for key, some in facts.items()}


def _query(who: Principal, period: Period, names: Collection[str]) -> Select[Any]:
    wanted = tuple(action for name in ENTERED if name in names for action in ACTIONS[name])
    timed = len(names) == len(ENTERED)
    entries = select(
        LogRow.case_id, func.aggregate_strings(LogRow.action, ",").label("happened")
    ).where(happened(period, wanted))
    if timed:
        entries = entries.add_columns(
            func.max(_when("confirmed")).label("confirmed_at"),
            func.max(_when(*DECISIONS)).label("decided_at"),
            func.min(_when(*_DONE)).label("done_at"),
        )
    found = entries.group_by(LogRow.case_id).cte("entries")
    known = [getattr(CaseRow, name) for name in Alike._fields[:-1]]
    query = select(*known, found.c.happened).join(found, found.c.case_id == CaseRow.id)
    if timed:
        released = _released(period)
        query = query.outerjoin(released, released.c.case_id == CaseRow.id).add_columns(
            _to_review(found, released), _to_handle(found, period)
        )
    else:
        query = query.add_columns(null(), null())
    return scoped(query, who)


def _when(*actions: str) -> ColumnElement[Any]:
    return case((LogRow.action.in_(actions), LogRow.at))


def _released(period: Period) -> CTE:
    """When cases were last muted no more: of few, so found once and not for each."""
    return (
        select(LogRow.case_id, func.max(LogRow.at).label("at"))
        .where(LogRow.action == "released", LogRow.at < period.end)
        .group_by(LogRow.case_id)
        .cte("released")
    )


def _to_review(entries: CTE, released: CTE) -> ColumnElement[Any]:
    """From when it could be decided: since it was opened, or since nothing mutes it any more."""
    since = func.coalesce(released.c.at, CaseRow.created_at)
    return case((entries.c.decided_at.is_not(None), seconds(since, entries.c.decided_at)))


def _to_handle(entries: CTE, period: Period) -> ColumnElement[Any]:
    """From the decision to the first time that it was handled, or closed without that."""
    before = (LogRow.case_id == CaseRow.id, LogRow.at < period.start)
    earlier = exists().where(*before, LogRow.action.in_(_DONE))
    unfounded = [outcome.value for outcome in UNFOUNDED]
    counts = and_(
        entries.c.done_at.is_not(None),
        or_(CaseRow.outcome.is_(None), CaseRow.outcome.not_in(unfounded)),
        # Most were opened in the period: nothing has to be looked up for them.
        or_(CaseRow.created_at >= period.start, ~earlier),
    )
    confirmed = (
        select(func.max(LogRow.at))
        .where(*before, LogRow.action == "confirmed")
        .correlate(CaseRow)
        .scalar_subquery()
    )
    since = func.coalesce(entries.c.confirmed_at, confirmed)
    return case((counts, seconds(since, entries.c.done_at)))

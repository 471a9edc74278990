"""Scope: which cases a key's holder sees; one outside of it does not exist for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from api.access.roles import Principal
from api.errors import UnknownCase
from api.storage.tables import CaseRow, SightingRow
from api.words.said import say

Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])


def scoped(query: Query, who: Principal) -> Query:
    """Narrow a query over cases to the key's or user's scope.

    Cases that one of their cameras has seen, of their kinds, in their divisions.
    """
    if who.cameras is not None:
        query = query.where(CaseRow.sightings.any(SightingRow.camera.in_(who.cameras)))
    if who.kinds is not None:
        query = query.where(CaseRow.kind.in_(who.kinds))
    if who.divisions is not None:
        query = query.where(within(who.divisions))
    return query


def holds(who: Principal, *, kind: str, division: str, cameras: Collection[str]) -> bool:
    """Whether a case is in somebody's scope: what `scoped` says, of a case that was read.

    Args:
        who: the key's holder.
        kind: of the case.
        division: of the case.
        cameras: all that have seen it.
    """
    return (
        (who.kinds is None or kind in who.kinds)
        and who.sees_division(division)
        and (who.cameras is None or not who.cameras.isdisjoint(cameras))
    )


def within(divisions: Iterable[str], *columns: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether a case is in one of these divisions or below; SQL for `lies_in`.

    Args:
        divisions: codes.
        columns: of which one has to be; the case's own by default.
    """
    starts = (
        column.startswith(code, autoescape=True)
        for code in sorted(divisions)
        for column in columns or (CaseRow.division,)
    )
    return or_(false(), *starts)


def unknown(case_id: str) -> UnknownCase:
    """The error that says that a case is not there, as far as the key sees."""
    return UnknownCase(say("case_unknown", case=case_id[:60]))


def locked(session: Session, who: Principal, case_id: str) -> CaseRow:
    """A case for who is about to change it, locked until the transaction ends.

    Raises:
        UnknownCase: there is none, as far as this key may see.
    """
    case = session.scalar(
        scoped(select(CaseRow).where(CaseRow.id == case_id), who).with_for_update()
    )
    if case is None:
        raise unknown(case_id)
    return case

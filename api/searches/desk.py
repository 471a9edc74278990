"""SearchDesk: the searches that a person, or a key's holder, keeps for themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, not_, or_, select
from ulid import ULID

from api.access.roles import Principal
from api.errors import CaseError
from api.storage.database import Database
from api.storage.pruning import Rule
from api.storage.tables import KeyRow, SearchRow, UserRow
from api.words.said import say

MOST = 50
"""Searches of one person: more are no help to find anything."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved search; `query` is a list's parameters by their names."""

    id: str
    name: str
    query: Mapping[str, Any]
    made_at: datetime


class SearchDesk:
    """Keeps, lists and forgets searches; everybody has their own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, who: Principal) -> list[Saved]:
        """Theirs, by name."""
        with self._database.read() as session:
            query = select(SearchRow).where(SearchRow.owner == who.key_id)
            return [_saved(row) for row in session.scalars(query.order_by(SearchRow.name))]

    def save(self, who: Principal, name: str, query: Mapping[str, Any]) -> Saved:
        """Keep a search; one of theirs of this name is replaced.

        Raises:
            CaseError: they have too many.
        """
        with self._database.write() as session:
            # One after the other for one person, so that nobody has more than `MOST`.
            owner = UserRow if who.session is not None else KeyRow
            session.get_one(owner, who.key_id, with_for_update=True)
            mine = SearchRow.owner == who.key_id
            row = session.scalar(select(SearchRow).where(mine, SearchRow.name == name))
            if row is None:
                count = session.scalar(select(func.count()).select_from(SearchRow).where(mine))
                if (count or 0) >= MOST:
                    raise CaseError(say("searches_too_many", most=MOST))
                row = SearchRow(id=str(ULID()), owner=who.key_id, name=name)
                session.add(row)
            row.query, row.made_at = dict(query), datetime.now(UTC)
            return _saved(row)

    def delete(self, who: Principal, search_id: str) -> bool:
        """Forget one of theirs; whether there was one."""
        with self._database.write() as session:
            row = session.get(SearchRow, search_id)
            if row is None or row.owner != who.key_id:
                return False
            session.delete(row)
            return True


def rules() -> Iterator[Rule]:
    """What may go of this room's table: searches of whose key or user is gone for good."""
    yield Rule("saved searches", SearchRow.id, _ownerless)


def _ownerless(now: datetime) -> ColumnElement[bool]:
    opens = and_(
        KeyRow.revoked_at.is_(None), or_(KeyRow.expires_at.is_(None), KeyRow.expires_at > now)
    )
    return and_(
        not_(select(KeyRow.id).where(KeyRow.id == SearchRow.owner, opens).exists()),
        # A user who is disabled may come back.
        not_(select(UserRow.id).where(UserRow.id == SearchRow.owner).exists()),
    )


def _saved(row: SearchRow) -> Saved:
    return Saved(row.id, row.name, row.query, row.made_at)

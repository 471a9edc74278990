"""Lockout: how long a sign-in waits after failed ones, as all servers of one database count them.

Failures are counted by user name and address together, and by address alone; so who guesses the
admin's password makes the admin wait only from their own address, and never longer than
`api.access.backoff.LONGEST_WAIT_S`. User names that nobody has are counted like others.
"""

from __future__ import annotations

import hashlib
import math
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from api.access.backoff import FORGOTTEN_AFTER_S, LONGEST_WAIT_S, network, wait_after
from api.storage.database import Database
from api.storage.tables import SignInRow

FREE = 5
"""Failures in a row of one user name from one address that cost nothing: people mistype."""
FREE_ADDRESS = 30
"""The same of one address whatever the name: a bureau with some hundred people may be one."""
_FORGOTTEN = timedelta(seconds=FORGOTTEN_AFTER_S + LONGEST_WAIT_S)


class Lockout:
    """Counts failed sign-ins in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reserve(self, name: str, address: str) -> int:
        """Count a try before it is looked at, as if it had failed; `forget` takes it back.

        So of many tries at the same time, on however many servers, no more are heard than one after
        the other.

        Returns:
            0, or whole seconds to wait; then it is not counted and must not be looked at.

        Raises:
            DatabaseUnavailable: it cannot be counted, so nobody is let in.
        """
        now = datetime.now(UTC)
        with self._database.write() as session:
            old = select(SignInRow.id).where(SignInRow.last_at < now - _FORGOTTEN)
            gone = session.scalars(old.with_for_update(skip_locked=True)).all()
            session.execute(delete(SignInRow).where(SignInRow.id.in_(gone)))
            rows = [
                (self._row(session, key, now), free)
                for key, free in sorted(_counted(name, address).items())
            ]
            ends = [row.until for row, _ in rows if row.until is not None and row.until > now]
            if ends:
                return math.ceil((max(ends) - now).total_seconds())
            for row, free in rows:
                row.count += 1
                row.last_at = now
                wait = wait_after(row.count, free)
                row.until = now + timedelta(seconds=wait) if wait else None
        return 0

    def forget(self, name: str, address: str) -> None:
        """Take back what `reserve` counted: it was right. The name's own failures are forgotten.

        Those of the address are not: else who has one account could guess at all others.
        """
        mine, whole = _key(f"{network(address)} {name}"), _key(network(address))
        with self._database.write() as session:
            session.execute(delete(SignInRow).where(SignInRow.id == mine))
            row = session.get(SignInRow, whole, with_for_update=True)
            if row is not None:
                row.count, row.until = max(0, row.count - 1), None

    def _row(self, session: Session, key: str, now: datetime) -> SignInRow:
        insert = postgresql.insert if self._database.on_postgresql else sqlite.insert
        new = insert(SignInRow).values(id=key, count=0, last_at=now, until=None)
        session.execute(new.on_conflict_do_nothing())
        return session.scalars(select(SignInRow).where(SignInRow.id == key).with_for_update()).one()


def _counted(name: str, address: str) -> dict[str, int]:
    where = network(address)
    return {_key(f"{where} {name}"): FREE, _key(where): FREE_ADDRESS}


def _key(what: str) -> str:
    """A digest: what people type for a name may be their password."""
    return hashlib.sha256(what.encode("utf-8", "surrogatepass")).hexdigest()

"""Pruning: rows that say only how something went on its way, and are forgotten when they are old.

What bounds each table stands in this room's README. Nothing that belongs to a case is ever pruned:
its log, records, reviews, looks at originals and proofs of purges stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from api.storage.database import Database

BATCH = 500
"""Rows in one transaction: some tens of milliseconds in which others wait to write."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows of one table that may go; each room has its own.

    Attributes:
        what: in words, for the log.
        key: column of the table's primary key.
        old: which rows, at this time (UTC).
        before: called with the keys of rows that are about to go, in their transaction.
    """

    what: str
    key: InstrumentedAttribute[int] | InstrumentedAttribute[str]
    old: Callable[[datetime], ColumnElement[bool]]
    before: Callable[[Session, Sequence[object]], None] | None = None


def prune(
    database: Database,
    rules: Iterable[Rule],
    now: datetime,
    stopping: Callable[[], bool] = lambda: False,
) -> dict[str, int]:
    """Remove all rows that are old now, batch by batch; how many of each rule.

    Raises:
        DatabaseUnavailable: not all is removed; the next time goes on.
    """
    gone: dict[str, int] = {}
    for rule in rules:
        gone[rule.what] = 0
        while not stopping():
            with database.write() as session:
                keys = list(session.scalars(select(rule.key).where(rule.old(now)).limit(BATCH)))
                if keys and rule.before is not None:
                    rule.before(session, keys)
                if keys:
                    session.execute(delete(rule.key.class_).where(rule.key.in_(keys)))
            gone[rule.what] += len(keys)
            if len(keys) < BATCH:
                break
    return gone

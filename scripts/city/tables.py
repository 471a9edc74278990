"""Tables: what a city's machines share in PostgreSQL beside the cases; made when one is started.

No migration knows them: they hold nothing but the present, and dropping them costs the rules'
memory only.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, DateTime, Engine, LargeBinary, MetaData, Table, Text, event, text
from sqlalchemy.dialects.postgresql import JSONB

from api.storage.engine import explained

_ALL = MetaData()
IDLE_S = 8.0
"""Seconds; less than a lease lasts. A transaction of ours waits for nothing but the database."""
_MAKING_LOCK = 0x5EE7A4E0
"""As `api.storage.database` has: any constant that every process of this project uses."""

LEASES = Table(
    "city_leases",
    _ALL,
    Column("camera", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
    Column("told", JSONB, nullable=False),
)
"""Who watches a camera, until when by the database's clock, and how its holder says it goes."""

MEMORY = Table(
    "city_memory",
    _ALL,
    Column("path", Text, primary_key=True),
    Column("camera", Text, nullable=False, index=True),
    Column("content", LargeBinary, nullable=False),
)
"""The files of the cameras' memory, by their path in a memory folder."""


def impatient(engine: Engine) -> None:
    """Let the database end transactions of this process in which nothing happens for some seconds.

    A machine that is cut off or frozen in the middle of one keeps what it has locked, for all
    others, and the case intake and the chain of records each have a lock that all need.
    """
    event.listen(engine, "connect", _limit)
    engine.dispose()  # those that are open already have no such limit


def _limit(connection: Any, _record: object) -> None:
    connection.autocommit = True  # else a rolled back transaction takes the setting with it
    connection.execute(f"SET idle_in_transaction_session_timeout = {int(IDLE_S * 1000)}")
    connection.autocommit = False


def make_tables(engine: Engine) -> None:
    """Make them where they are missing.

    Raises:
        DatabaseUnavailable: the database cannot be written now.
    """
    with explained(engine), engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MAKING_LOCK})
        _ALL.create_all(connection)

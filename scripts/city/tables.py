"""Tables: what a city's machines share in PostgreSQL beside the cases; made when one is started.

No migration knows them: they hold nothing but the present, and dropping them costs the rules'
memory only.
"""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Engine, LargeBinary, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from api.storage.engine import explained

_ALL = MetaData()
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


def make_tables(engine: Engine) -> None:
    """Make them where they are missing.

    Raises:
        DatabaseUnavailable: the database cannot be written now.
    """
    with explained(engine), engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MAKING_LOCK})
        _ALL.create_all(connection)

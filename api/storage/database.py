"""Database: the case database on SQLite or PostgreSQL, opened at its newest schema."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from typing import Protocol

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from api.errors import DatabaseUnavailable
from api.storage.engine import explained, first_line, make_engine, patient, shown
from api.storage.tables import LogRow

# Any constants will do as long as every process of this project uses the same ones.
_MIGRATION_LOCK = 0x5EE7A4DE
_DECISION_LOCK = 0x5EE7A4DF


class Sealer(Protocol):
    """Makes records of the entries that a transaction has added to the log."""

    def seal(self, session: Session, entries: Sequence[LogRow]) -> None:
        """Add their records; called last in the transaction."""

    def sealed(self, session: Session) -> None:
        """Called when it has been committed."""


class Database:
    """Transactions on the case database; safe to share between threads.

    `write()` transactions take the write lock at their start (`BEGIN IMMEDIATE`), so that two of
    them never find out at commit that only one can win.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = engine.execution_options(streetwarden_begin="BEGIN IMMEDIATE")
        self._listeners: list[Callable[[], None]] = []
        self.sealer: Sealer | None = None
        """Set by `api.records.site_chain.SiteChain.open`; nothing is logged without one."""

    @classmethod
    def open(cls, address: str) -> Database:
        """Open the database and bring its schema up to date.

        Args:
            address: `sqlite:///path` or `postgresql+psycopg://user:password@host/name`.

        Raises:
            DatabaseUnavailable: it cannot be opened; the message says why and what to do.
        """
        engine = make_engine(address)
        try:
            with (
                explained(engine),
                engine.execution_options(
                    streetwarden_begin="BEGIN IMMEDIATE", streetwarden_longest_s=math.inf
                ).begin() as connection,
                patient(connection),
            ):
                _migrate(connection)
        except CommandError as error:
            engine.dispose()
            raise DatabaseUnavailable(
                f"{shown(engine)}: was written by a newer version ({error}); update this program"
            ) from error
        except ProgrammingError as error:
            engine.dispose()
            raise DatabaseUnavailable(
                f"{shown(engine)}: its tables cannot be made ({first_line(error)}); "
                "give the user the right to create tables, or name another database"
            ) from error
        except DatabaseUnavailable:
            engine.dispose()
            raise
        return cls(engine)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading; nothing it does is kept.

        Raises:
            DatabaseUnavailable: the database cannot be read now.
        """
        with explained(self.engine), Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction, kept whole when the block ends, not at all when it raises.

        Raises:
            DatabaseUnavailable: the database cannot be written now.
        """
        with explained(self.engine), Session(self._writer, expire_on_commit=False) as session:
            with session.begin():
                yield session
                self._seal(session)
            if self.sealer is not None and "entries" in session.info:
                self.sealer.sealed(session)
            queued = bool(session.info.get("queued"))
        if queued:
            for listener in tuple(self._listeners):
                listener()

    def _seal(self, session: Session) -> None:
        """Make records of what was logged: last, as it takes a lock that all who log wait for."""
        entries: list[LogRow] = session.info.get("entries", [])
        if not entries:
            return
        if self.sealer is None:
            raise RuntimeError("open a SiteChain before anything is logged: records are signed")
        session.flush()
        self.sealer.seal(session, entries)

    def decide_alone(self, session: Session) -> None:
        """Take the lock under which cases are matched and suppressed, until the transaction ends.

        Call it before anything is read. Such a decision may touch cases of every camera and of two
        kinds; one lock that is taken first cannot dead-lock. A city confirms some episodes a
        minute and each takes some tens of milliseconds. (SQLite has one writer at a time anyway.)
        """
        if self.on_postgresql:
            session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _DECISION_LOCK})

    def on_queued(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each commit that put rows into the outbox."""
        self._listeners.append(listener)

    def check(self) -> None:
        """Take and release the write lock.

        Raises:
            DatabaseUnavailable: the database cannot be written now.
        """
        with self.write() as session:
            session.execute(text("SELECT count(*) FROM cases WHERE id = ''"))

    @property
    def on_postgresql(self) -> bool:
        """Whether this is PostgreSQL (else it is SQLite)."""
        return self.engine.dialect.name == "postgresql"

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _migrate(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    config = Config()
    config.set_main_option("script_location", str(files("api.storage").joinpath("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")

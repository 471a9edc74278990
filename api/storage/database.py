"""Database: the case database on SQLite or PostgreSQL, opened at its newest schema."""

from __future__ import annotations

import math
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from api.errors import DatabaseUnavailable, TookTooLong

BUSY_TIMEOUT_S = 5
LONGEST_S = 10.0
"""Seconds after which a transaction (SQLite) or a statement (PostgreSQL) is stopped: a page takes
some ten milliseconds, and what takes so long keeps others from being served."""
_PRIVATE = 0o600
_STEPS_BETWEEN_LOOKS = 10_000  # of SQLite's virtual machine, at the clock: about a millisecond
# Any constants will do as long as every process of this project uses the same ones.
_MIGRATION_LOCK = 0x5EE7A4DE
_DECISION_LOCK = 0x5EE7A4DF
_BUGS = (IntegrityError, ProgrammingError, DataError)
_NEXT_STEPS = (
    ("not a database", "move that file away or name another in storage.database"),
    ("locked", "another process holds it for long; stop that process or wait"),
    ("readonly", "make the file and its folder writable"),
    ("read-only", "make the database writable"),
    ("full", "free space on its disk"),
    ("unable to open", "create its folder and make it writable"),
    ("malformed", "the file is damaged; restore it from a backup"),
)


class Database:
    """Transactions on the case database; safe to share between threads.

    `write()` transactions take the write lock at their start (`BEGIN IMMEDIATE`), so that two of
    them never find out at commit that only one can win.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = engine.execution_options(streetwarden_begin="BEGIN IMMEDIATE")
        self._listeners: list[Callable[[], None]] = []

    @classmethod
    def open(cls, address: str) -> Database:
        """Open the database and bring its schema up to date.

        Args:
            address: `sqlite:///path` or `postgresql+psycopg://user:password@host/name`.

        Raises:
            DatabaseUnavailable: it cannot be opened; the message says why and what to do.
        """
        url = _checked(address)
        if url.get_backend_name() == "sqlite":
            _keep_private(Path(str(url.database)))
        engine = _engine(url)
        try:
            with (
                explained(engine),
                engine.execution_options(
                    streetwarden_begin="BEGIN IMMEDIATE", streetwarden_longest_s=math.inf
                ).begin() as connection,
            ):
                _migrate(connection)
        except CommandError as error:
            engine.dispose()
            raise DatabaseUnavailable(
                f"{_shown(engine)}: was written by a newer version ({error}); update this program"
            ) from error
        except ProgrammingError as error:
            engine.dispose()
            raise DatabaseUnavailable(
                f"{_shown(engine)}: its tables cannot be made ({_first_line(error)}); "
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
            queued = bool(session.info.get("queued"))
        if queued:
            for listener in tuple(self._listeners):
                listener()

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


@contextmanager
def explained(engine: Engine) -> Iterator[None]:
    """Turn the driver's errors about the database's state into `DatabaseUnavailable`."""
    try:
        yield
    except PoolTimeout as error:
        raise DatabaseUnavailable(
            f"{_shown(engine)}: every connection is busy; try again in a moment"
        ) from error
    except DBAPIError as error:
        if isinstance(error, _BUGS):
            raise
        cause = _first_line(error)
        if cause == "interrupted" or "statement timeout" in cause:
            raise TookTooLong(
                f"{_shown(engine)}: stopped after {LONGEST_S:g} s; narrow what is asked for"
            ) from error
        step = next((s for word, s in _NEXT_STEPS if word in cause), "check storage.database")
        raise DatabaseUnavailable(f"{_shown(engine)}: {cause}; {step}") from error


def _first_line(error: DBAPIError) -> str:
    return (str(error.orig).strip().splitlines() or ["no reason given"])[0]


def _shown(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True)


def _checked(address: str) -> URL:
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise DatabaseUnavailable(
            "storage.database is no database address; write for example sqlite:///var/cases.db"
        ) from error
    if url.drivername in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in {"sqlite", "postgresql+psycopg"}:
        raise DatabaseUnavailable(
            f"{url.drivername}: not supported; use sqlite:///… or postgresql+psycopg://…"
        )
    if url.drivername == "sqlite" and url.database in {None, "", ":memory:"}:
        raise DatabaseUnavailable("sqlite needs a file: write for example sqlite:///var/cases.db")
    return url


def _engine(url: URL) -> Engine:
    if url.drivername != "sqlite":
        engine = create_engine(
            url,
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=20,
            # A server that went away without a word is noticed.
            connect_args={"connect_timeout": 5, "tcp_user_timeout": int(LONGEST_S * 1000)},
        )
        event.listen(engine, "connect", _prepare_postgresql)
        return engine
    engine = create_engine(
        url, pool_size=10, max_overflow=30, connect_args={"timeout": BUSY_TIMEOUT_S}
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _keep_private(file: Path) -> None:
    """Make the database file for its owner only; take it from others where it was made before.

    SQLite gives `-wal` and `-shm` the rights of the database. A group that was let in stays in.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            file.touch(mode=_PRIVATE)
    except OSError as error:
        raise DatabaseUnavailable(
            f"{file}: it or its folder cannot be made ({error.strerror}); "
            "name another in storage.database"
        ) from error
    for part in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))):
        with suppress(OSError):  # of another user, or not there
            part.chmod(stat.S_IMODE(part.stat().st_mode) & ~stat.S_IRWXO)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions: we do
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_S * 1000}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    ends = time.monotonic() + options.get("streetwarden_longest_s", LONGEST_S)
    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(lambda: time.monotonic() > ends, _STEPS_BETWEEN_LOOKS)
    connection.exec_driver_sql(options.get("streetwarden_begin", "BEGIN"))


def _prepare_postgresql(connection: Any, _record: object) -> None:
    connection.autocommit = True  # else a rolled back transaction takes the setting with it
    connection.execute(f"SET statement_timeout = {int(LONGEST_S * 1000)}")
    connection.autocommit = False


def _migrate(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    config = Config()
    config.set_main_option("script_location", str(files("api.storage").joinpath("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")

"""The database's engine: how each kind of address is connected to, and what its errors mean."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.errors import DatabaseUnavailable, TookTooLong
from api.storage.answering import Answering

BUSY_TIMEOUT_S = 5
LONGEST_S = 10.0
"""Seconds after which a transaction (SQLite) or a statement (PostgreSQL) is stopped: a page takes
some ten milliseconds, and what takes so long keeps others from being served."""
_PRIVATE = 0o600
_STEPS_BETWEEN_LOOKS = 10_000  # of SQLite's virtual machine, at the clock: about a millisecond
_BUGS = (IntegrityError, ProgrammingError, DataError)
_NEXT_STEPS = (
    ("not a database", "move that file away or name another in storage.database"),
    ("has not answered", "see why it hangs; it is asked again"),
    ("locked", "another process holds it for long; stop that process or wait"),
    ("readonly", "make the file and its folder writable"),
    ("read-only", "make the database writable"),
    ("full", "free space on its disk"),
    ("unable to open", "create its folder and make it writable"),
    ("malformed", "the file is damaged; restore it from a backup"),
)


def make_engine(address: str) -> Engine:
    """The engine of an address; nothing is connected to yet.

    Raises:
        DatabaseUnavailable: it is no address that can be used, or its file cannot be made.
    """
    url = _checked(address)
    if url.drivername != "sqlite":
        engine = create_engine(
            url,
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=20,
            # A server that went away without a word is noticed.
            connect_args={"connect_timeout": 5, "tcp_user_timeout": int(LONGEST_S * 1000)},
        )
        event.listen(engine, "do_connect", _connect_postgresql)
        event.listen(engine, "connect", _prepare_postgresql)
        return engine
    _keep_private(Path(str(url.database)))
    engine = create_engine(
        url, pool_size=10, max_overflow=30, connect_args={"timeout": BUSY_TIMEOUT_S}
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


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


def _connect_postgresql(_dialect: object, _record: object, args: Any, how: Any) -> Answering:
    made = Answering.connect(*args, **how)
    made.patience_s = Answering.shipped_patience_s
    return made


def _prepare_postgresql(connection: Any, _record: object) -> None:
    connection.autocommit = True  # else a rolled back transaction takes the setting with it
    connection.execute(f"SET statement_timeout = {int(LONGEST_S * 1000)}")
    # A list for a key of a hundred cameras is as many small walks: compiling them takes seconds on
    # a busy machine, walking them milliseconds.
    connection.execute("SET jit = off")
    connection.autocommit = False


@contextmanager
def patient(connection: Connection) -> Iterator[None]:
    """What is done on it may take its time; a caller without one waits as long as that."""
    driver: Any = connection.connection.driver_connection
    if isinstance(driver, Answering):
        driver.patience_s = None
    try:
        yield
    finally:
        if isinstance(driver, Answering):
            driver.patience_s = Answering.shipped_patience_s


@contextmanager
def explained(engine: Engine) -> Iterator[None]:
    """Turn the driver's errors about the database's state into `DatabaseUnavailable`."""
    try:
        yield
    except PoolTimeout as error:
        raise DatabaseUnavailable(
            f"{shown(engine)}: every connection is busy; try again in a moment"
        ) from error
    except DBAPIError as error:
        if isinstance(error, _BUGS):
            raise
        cause = first_line(error)
        if cause == "interrupted" or "statement timeout" in cause:
            raise TookTooLong(
                f"{shown(engine)}: stopped after {LONGEST_S:g} s; narrow what is asked for"
            ) from error
        step = next((s for word, s in _NEXT_STEPS if word in cause), "check storage.database")
        raise DatabaseUnavailable(f"{shown(engine)}: {cause}; {step}") from error


def first_line(error: DBAPIError) -> str:
    """What the driver says, without the statement."""
    return (str(error.orig).strip().splitlines() or ["no reason given"])[0]


def shown(engine: Engine) -> str:
    """The address without its password."""
    return engine.url.render_as_string(hide_password=True)

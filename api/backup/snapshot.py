"""Snapshot: one moment of a case database as a file, while others write; and what it names.

The schema may be older than this program: a backup is made before an upgrade, so nothing here
migrates, or reads a column that was not always there without looking.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, create_engine, inspect, text

from api.errors import BackupError
from api.records.head_file import Noted
from api.storage.engine import explained, make_engine, patient, shown

SQLITE, POSTGRESQL = "sqlite", "postgresql"
FILES = {SQLITE: "database.sqlite", POSTGRESQL: "database.dump"}
_LAST_WORDS = 400  # characters of what PostgreSQL's programs say


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is in the file.

    Attributes:
        kind: of the database.
        revision: of its schema.
        cases: how many.
        evidence: digest and bytes of every file that its cases have.
        head: the site's last record, None where nothing was logged; `key` signs (fingerprint).
        pending: deliveries that wait.
    """

    kind: str
    revision: str
    cases: int
    evidence: Sequence[tuple[str, int]]
    head: Noted | None
    key: str | None
    pending: int


def take(address: str, folder: Path) -> Snapshot:
    """Copy the database as it is at one moment into `FILES[kind]` of a folder.

    Raises:
        BackupError: it is not there, or PostgreSQL's own program is missing or says no.
        DatabaseUnavailable: it cannot be read now.
        OSError: the copy cannot be written.
    """
    if address.startswith("sqlite"):
        return _of_sqlite(address, folder / FILES[SQLITE])
    return _of_postgresql(address, folder / FILES[POSTGRESQL])


def sqlite_file(address: str) -> Path:
    """The file of an SQLite address."""
    return Path(address.removeprefix("sqlite:///"))


def _of_sqlite(address: str, copy: Path) -> Snapshot:
    file = sqlite_file(address)
    if not file.is_file():
        raise BackupError(f"{file}: is not there; is it the right site file?")
    copy.touch(mode=0o600)
    try:
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
            # In one step, which is one read transaction: nobody's writing waits, or shows in it.
            source.backup(target, pages=-1)
            target.execute("PRAGMA journal_mode=DELETE")
            said = target.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.Error as error:
        raise BackupError(f"{file}: cannot be copied to {copy} ({error})") from error
    if said != "ok":
        raise BackupError(f"{file}: is damaged ({said}); restore it from an earlier backup")
    _sync(copy)
    engine = create_engine(f"sqlite:///{copy}")
    try:
        with explained(engine), engine.connect() as connection:
            return _named(connection, SQLITE)
    finally:
        engine.dispose()


def _of_postgresql(address: str, copy: Path) -> Snapshot:
    engine = make_engine(address)
    try:
        repeatable = engine.execution_options(isolation_level="REPEATABLE READ")
        with explained(engine), repeatable.connect() as connection, patient(connection):
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            exported = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
            run(
                engine.url.render_as_string(hide_password=False),
                "pg_dump",
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                f"--snapshot={exported}",
                f"--file={copy}",
            )
            copy.chmod(0o600)
            _sync(copy)
            return _named(connection, POSTGRESQL)
    finally:
        engine.dispose()


def run(address: str, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs on a database; its password is in no list of processes.

    Raises:
        BackupError: it is not installed, or says no.
    """
    found = shutil.which(program)
    if found is None:
        raise BackupError(
            f"{program} is not installed; install PostgreSQL's client programs of the server's "
            "version or newer (Debian: postgresql-client)"
        )
    engine = make_engine(address)
    _, how = engine.dialect.create_connect_args(engine.url)
    password = how.pop("password", None)
    how.pop("context", None)
    told = f"--dbname={make_conninfo(**_plain(how))}"
    environment = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    done = subprocess.run(  # noqa: S603 - found in PATH, as an administrator's shell would
        [found, told, *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        stdin=subprocess.DEVNULL,
    )
    where = shown(engine)
    engine.dispose()
    if done.returncode != 0:
        words = " ".join(done.stderr.split())[:_LAST_WORDS]
        raise BackupError(f"{where}: {program} says no: {words}")


def _plain(how: Mapping[str, Any]) -> dict[str, Any]:
    """Without the settings of our own connections, which these programs need not share."""
    return {name: value for name, value in how.items() if isinstance(value, str | int)}


def _named(connection: Connection, kind: str) -> Snapshot:
    found = inspect(connection)
    tables = set(found.get_table_names())
    if "alembic_version" not in tables or "cases" not in tables:
        raise BackupError("the database has no cases' tables; is it the right site file?")
    columns = {column["name"] for column in found.get_columns("evidence")}
    there = " WHERE purged_at IS NULL" if "purged_at" in columns else ""
    rows = connection.execute(
        text(f"SELECT DISTINCT sha256, size FROM evidence{there} ORDER BY sha256")  # noqa: S608
    )
    evidence = [(str(row.sha256), int(row.size)) for row in rows]
    head, key = _head(connection) if "chain_head" in tables else (None, None)
    count = "SELECT count(*) FROM "
    return Snapshot(
        kind=kind,
        revision=str(connection.scalar(text("SELECT version_num FROM alembic_version"))),
        cases=int(connection.scalar(text(f"{count}cases")) or 0),
        evidence=evidence,
        head=head,
        key=key,
        pending=int(connection.scalar(text(f"{count}deliveries WHERE state = 'pending'")) or 0),
    )


def _head(connection: Connection) -> tuple[Noted | None, str | None]:
    row = connection.execute(text("SELECT site, site_no, hash, key FROM chain_head")).one()
    return (Noted(row.site, row.site_no, row.hash) if row.site_no else None), row.key


def _sync(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())


def lines(evidence: Sequence[tuple[str, int]]) -> Iterator[bytes]:
    """The list of files as `sha256sum --check` reads it, in the folder `evidence`."""
    for digest, _ in evidence:
        yield f"{digest}  {digest[:2]}/{digest}\n".encode("ascii")

"""The database: opened at its newest schema, or refused with the cause and the next step."""

from __future__ import annotations

import os
import sqlite3
import stat
from datetime import datetime
from importlib.resources import files

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.exc import StatementError

import api.storage.engine
from api.errors import DatabaseUnavailable, TookTooLong
from api.storage.database import Database
from api.storage.tables import AccessRow, Base, CaseRow

OLD_CASE = """
INSERT INTO cases VALUES ('SW-1', 'emitted', 'street_vending', 'stall', 'gate', 'pavement',
'[0.1, 0.1, 0.2, 0.2]', '[]', 113.38, 31.71, 'WGS84', '', '', '', NULL, '2026-01-01 00:00:00',
'2026-01-01 00:05:00', '2026-01-01 00:05:00', NULL, 300, 6, 0.8, 'stream', '[]', '{}', 'lead_only',
'', NULL, 1, '2026-01-01 00:05:00')
"""
OLD_SIGHTING = """
INSERT INTO sightings VALUES ('E-1', 'SW-1', 'gate', '[0.1, 0.1, 0.2, 0.2]', '2026-01-01 00:00:00',
'2026-01-01 00:05:00', '2026-01-01 00:05:00', NULL, 6, 0.8)
"""


def test_the_migrations_make_the_tables_that_the_code_uses(tmp_path):
    address = f"sqlite:///{tmp_path / 'new' / 'cases.db'}"
    for _ in range(2):  # opening again is harmless
        database = Database.open(address)
        with database.engine.connect() as connection:
            context = MigrationContext.configure(connection)
            assert compare_metadata(context, Base.metadata) == []
            pragmas = [
                connection.execute(text(f"PRAGMA {name}")).scalar()
                for name in ("journal_mode", "foreign_keys", "busy_timeout")
            ]
        assert pragmas == ["wal", 1, 5000]
        database.check()
        database.close()


def test_a_database_of_the_first_version_is_brought_up_to_date(tmp_path):
    path = tmp_path / "cases.db"
    config = Config()
    config.set_main_option("script_location", str(files("api.storage").joinpath("migrations")))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text(OLD_CASE))
        connection.execute(text(OLD_SIGHTING))
        for table in ("cases", "sightings"):
            at = "2026-05-21 04:30:00.000000"
            connection.execute(text(f"UPDATE {table} SET cleared_at = '{at}'"))
    engine.dispose()
    database = Database.open(f"sqlite:///{path}")
    with database.read() as session:
        case = session.get_one(CaseRow, "SW-1")
        assert (case.method, case.accuracy_m) == ("camera_registered", None)
        assert (case.prior_cases, case.silenced_until, case.inhibited_by) == (None, None, None)
        assert case.asset is None
        assert (case.outcome, case.claimed_until, case.undo_until) == (None, None, None)
        assert case.reviews == []
        for row in (case, *case.sightings):
            assert (row.ended_at, row.ended_by) == (row.cleared_at, "cleared")
            assert row.cleared_at is not None
        assert [seen.zone for seen in case.sightings] == ["pavement"]
    database.close()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nonsense", "no database address"),
        ("mysql://host/name", "not supported"),
        ("sqlite://", "needs a file"),
        ("sqlite:////proc/none/cases.db", "folder cannot be made"),
        ("postgresql://user:hunter2@127.0.0.1:1/none", "connection"),
    ],
)
def test_an_address_that_cannot_be_opened_is_refused_in_words(address, said):
    with pytest.raises(DatabaseUnavailable, match=said) as caught:
        Database.open(address)
    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "letter.db"
    path.write_text("Dear Sir or Madam, " * 99, encoding="utf-8")
    with pytest.raises(DatabaseUnavailable, match="move that file away"):
        Database.open(f"sqlite:///{path}")
    assert path.read_text(encoding="utf-8").startswith("Dear Sir")


def test_a_database_of_a_newer_version_is_refused(tmp_path):
    path = tmp_path / "cases.db"
    Database.open(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    with pytest.raises(DatabaseUnavailable, match="newer version"):
        Database.open(f"sqlite:///{path}")


def test_a_locked_database_is_said(world, monkeypatch):
    holder = sqlite3.connect(str(world.database.engine.url.database), isolation_level=None)
    with world.database.engine.connect() as connection:  # the pooled connection waits no longer
        connection.connection.dbapi_connection.execute("PRAGMA busy_timeout=1")
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable, match="locked; another process"):
        world.database.check()
    holder.execute("ROLLBACK")
    holder.close()
    world.database.check()


def test_a_naive_time_is_refused(world):
    row = AccessRow(
        at=datetime(2026, 1, 1),  # noqa: DTZ001
        sha256="0" * 64,
        case_id="x",
        actor="x",
        key_id="x",
        role="x",
        reason="x",
    )
    with pytest.raises(StatementError, match="naive"), world.database.write() as session:
        session.add(row)


def test_a_transaction_is_kept_whole_or_not_at_all(world):
    told: list[int] = []
    world.database.on_queued(lambda: told.append(1))

    def half() -> None:
        with world.database.write() as session:
            session.info["queued"] = True
            session.execute(text("INSERT INTO disabled_receivers VALUES ('a', '2026-01-01', 'x')"))
            raise KeyError("half way")

    with pytest.raises(KeyError):
        half()
    with world.database.read() as session:
        assert session.execute(text("SELECT count(*) FROM disabled_receivers")).scalar() == 0
    assert told == []


ENDLESS = text(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
)


def test_what_takes_too_long_is_stopped_and_said(tmp_path, monkeypatch):
    database = Database.open(f"sqlite:///{tmp_path / 'cases.db'}")
    monkeypatch.setattr(api.storage.engine, "LONGEST_S", 0.05)
    for opened in (database.read, database.write):
        with pytest.raises(TookTooLong, match="narrow"), opened() as session:
            session.execute(ENDLESS)
    database.check()  # the connection is as good as before
    database.close()


def test_the_database_is_for_its_owner_alone(tmp_path):
    path = tmp_path / "cases.db"
    before = os.umask(0)
    try:
        Database.open(f"sqlite:///{path}").close()
        parts = [path, *path.parent.glob("cases.db-*")]
        assert {stat.S_IMODE(part.stat().st_mode) for part in parts} == {0o600}
        path.chmod(0o664)  # as an earlier version made it, and a group was let in
        database = Database.open(f"sqlite:///{path}")
        database.check()
        parts = [path, *path.parent.glob("cases.db-*")]
        assert len(parts) > 1
        assert {stat.S_IMODE(part.stat().st_mode) for part in parts} == {0o660}
        database.close()
    finally:
        os.umask(before)

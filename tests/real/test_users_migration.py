"""A database of before there were users: its keys go on, its log of looks begins the new log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import select, text

from api.access.access_log import What, note_access
from api.access.keys import KeyStore
from api.access.roles import Principal, Role
from api.storage.database import Database
from api.storage.engine import make_engine
from api.storage.tables import AccessRow, CaseRow
from tests.api.storage.test_database import OLD_CASE

KEY = "sw_abc123_secret"
HASH = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
"""SHA-256 of `secret`."""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_keys_go_on_and_looks_are_kept(request, tmp_path: Path, kind: str) -> None:
    address = f"sqlite:///{tmp_path / 'cases.db'}"
    if kind == "postgresql":
        new: Callable[[], str] = request.getfixturevalue("new_database")
        address = new()
    engine = make_engine(address)
    config = Config()
    config.set_main_option("script_location", str(files("api.storage").joinpath("migrations")))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text(OLD_CASE))
        command.upgrade(config, "0013")
        connection.execute(
            text(
                "INSERT INTO api_keys (id, label, role, hash, session, created_at) VALUES "
                "('abc123', 'Li', 'officer', :hash, false, '2026-01-01 00:00:00')"
            ),
            {"hash": HASH},
        )
        at = datetime(2026, 1, 1, tzinfo=UTC)
        if kind == "sqlite":
            at = at.replace(tzinfo=None)
        for n in (1, 2):
            connection.execute(
                text(
                    "INSERT INTO media_access_log (id, at, sha256, case_id, actor, key_id, role, "
                    "reason) VALUES (:n, :at, :sha, 'SW-1', 'Li', 'abc123', "
                    "'officer', 'complaint')"
                ),
                {"n": n, "at": at, "sha": str(n) * 64},
            )
    engine.dispose()
    database = Database.open(address)
    who = KeyStore(database).verify(KEY)
    assert who is not None
    assert (who.label, who.limited) == ("Li", False)
    with database.write() as session:
        note_access(session, Principal("k", "Wang", Role.ADMIN), What.EXPORT, "why")
    with database.read() as session:
        rows = session.scalars(select(AccessRow).order_by(AccessRow.id)).all()
        assert [(r.id, r.what, r.actor, r.sha256, r.case_id) for r in rows] == [
            (1, "original", "Li", "1" * 64, "SW-1"),
            (2, "original", "Li", "2" * 64, "SW-1"),
            (3, "export", "Wang", None, None),
        ]
        assert rows[0].at.isoformat() == "2026-01-01T00:00:00+00:00"
        assert session.get_one(CaseRow, "SW-1").division is not None
    database.close()

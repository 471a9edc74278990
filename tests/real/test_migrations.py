"""Every released schema, with rows in all of its tables, brought up to date on both databases."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DatabaseError

from api.cases.store import CaseStore
from api.records.check import SiteCheck
from api.records.head_file import HeadFile
from api.records.site_chain import SiteChain
from api.storage.database import Database
from api.storage.engine import make_engine
from api.storage.tables import Base
from tests.api.world import OFFICER, make_site

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
APPEND_ONLY = ("access_log", "case_log", "records", "site_keys", "time_stamps")
OURS = {"alembic_version"}
ROWS = 3
JSON: dict[str, Any] = {
    "box": [0.1, 0.2, 0.3, 0.4],
    "codes": [],
    "why": [],
    "detector": {"model": "m", "version": "1", "sha256": "", "threshold": None},
    "data": {"told": "räumte 占道"},
    "checks": {"clear": True},
    "cameras": ["gate"],
    "kinds": ["street_vending"],
    "prior_cases": [],
}
TEXT = {
    "stage": "pending_review",
    "kind": "street_vending",
    "clock": "stream",
    "legal_use": "lead_only",
    "role": "original",
    "state": "dead",
    "crs": "WGS84",
    "method": "camera_registered",
    "media_type": "image/jpeg",
    "camera": "gate",
    "ended_by": "cleared",
}


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(files("api.storage").joinpath("migrations")))
    return made


REVISIONS = [
    one.revision for one in reversed(list(ScriptDirectory.from_config(config()).walk_revisions()))
]


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'cases.db'}"
    return request.getfixturevalue("new_database")()


class Old:
    """A database at an earlier schema, and what it was filled with."""

    def __init__(self, address: str, revision: str) -> None:
        self.engine = make_engine(address)
        setting = config()
        with self.engine.begin() as connection:
            setting.attributes["connection"] = connection
            command.upgrade(setting, revision)
        self.tables = sa.MetaData()
        self.tables.reflect(self.engine)
        self.rows: dict[str, list[dict[str, Any]]] = {}

    def fill(self) -> None:
        """Rows in every table, that refer to each other as its keys want it."""
        with self.engine.begin() as connection:
            for table in self.tables.sorted_tables:
                if table.name in OURS or table.name == "chain_head":
                    continue
                count = 1 if table.name == "site_keys" else ROWS
                for number in range(1, count + 1):
                    row = {c.name: self._value(table, c, number) for c in table.columns}
                    connection.execute(table.insert().values(row))
                self.rows[table.name] = self.read(connection, table)

    def read(self, connection: sa.Connection, table: sa.Table) -> list[dict[str, Any]]:
        query = sa.select(table).order_by(*table.primary_key.columns)
        return [dict(row) for row in connection.execute(query).mappings()]

    def _value(self, table: sa.Table, column: sa.Column[Any], number: int) -> Any:
        for key in column.foreign_keys:
            referred = key.column
            return self.rows[referred.table.name][number - 1][referred.name]
        kind = column.type
        if isinstance(kind, sa.DateTime):
            return AT.replace(tzinfo=None) if self.engine.dialect.name == "sqlite" else AT
        if column.name in JSON:
            value = JSON[column.name]
            return value if isinstance(kind, sa.JSON) else json.dumps(value)
        if isinstance(kind, sa.JSON):
            return None if column.nullable else {}
        return self._plain(column, kind, number)

    def _plain(self, column: sa.Column[Any], kind: Any, number: int) -> Any:
        if isinstance(kind, sa.Boolean):
            return True
        if isinstance(kind, sa.Integer):
            return number
        if isinstance(kind, sa.Numeric | sa.Float):
            return 10.0 + number
        if isinstance(kind, sa.LargeBinary):
            return b"token"
        if column.name in TEXT:
            return TEXT[column.name]
        length = getattr(kind, "length", None) or 64
        return f"{column.name} {number}"[:length]


@pytest.fixture
def old(address: str) -> Iterator[Callable[[str], Old]]:
    made: list[Old] = []

    def make(revision: str) -> Old:
        made.append(Old(address, revision))
        made[-1].fill()
        return made[-1]

    yield make
    for one in made:
        one.engine.dispose()


# Where a column was filled anew on purpose; see the migrations' own words.
RENAMED = {"media_access_log": "access_log"}
CHANGED = {("cases", "method"), ("sightings", "zone"), ("chain_head", "hash")}


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_database_of_this_revision_keeps_all_that_is_in_it(address, old, revision, tmp_path):
    before = old(revision)
    assert all(rows for rows in before.rows.values())
    database = Database.open(address)
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
        now = sa.MetaData()
        now.reflect(connection)
        for name, rows in before.rows.items():
            after = before.read(connection, now.tables[RENAMED.get(name, name)])
            assert len(after) == len(rows), name
            for was, is_ in zip(rows, after, strict=True):
                kept = {c: v for c, v in was.items() if (name, c) not in CHANGED}
                assert {c: is_[c] for c in kept} == kept, name
        append_only = [name for name in APPEND_ONLY if name in now.tables]
        assert len(append_only) == len(APPEND_ONLY)
        # What was logged before there were records has one each.
        assert connection.scalar(sa.text("SELECT count(*) FROM records")) == ROWS
    for name in ("access_log", "case_log", "records"):
        for statement in (f"DELETE FROM {name}", f"UPDATE {name} SET case_id = case_id"):
            with (
                pytest.raises(DatabaseError, match="append-only"),
                database.engine.begin() as connection,
            ):
                connection.execute(sa.text(statement))
    database.close()


@pytest.mark.parametrize("revision", [r for r in REVISIONS if r < "0006"])
def test_what_was_logged_before_there_were_records_is_a_chain_that_holds(
    address, old, revision, tmp_path
):
    old(revision)
    database = Database.open(address)
    key = tmp_path / "site.key"
    SiteChain.open(database, key)
    check = SiteCheck(database, HeadFile(key))
    assert list(check.findings()) == []
    assert check.records == check.unsigned == ROWS
    found = CaseStore(database, make_site(tmp_path)).get(OFFICER, "id 1")
    assert [entry.action for entry in found.log] == ["action 1"]
    database.close()

"""The chain of records on SQLite and on a real PostgreSQL: appended, read back, tampered with."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DatabaseError

from api.cases.log import enter
from api.cases.store import CaseStore
from api.errors import CaseError
from api.records.chain import Fault, canonical, findings
from api.records.check import SiteCheck
from api.records.head_file import HeadFile
from api.records.keyring import Keyring
from api.records.site_chain import SiteChain, case_records, public_keys
from api.storage.database import Database
from api.storage.tables import CaseRow, LogRow
from tests.api.world import (
    CONFIRM,
    NOON,
    OFFICER,
    World,
    cleared,
    make_event,
    make_site,
    make_world,
)
from tests.real import postgres

BOTH = ["sqlite", "postgresql"]


@pytest.fixture(params=BOTH)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return postgres.new_database(request.getfixturevalue("cluster"))
    return f"sqlite:///{tmp_path / 'cases.db'}"


@pytest.fixture
def world(address: str, tmp_path: Path) -> Iterator[World]:
    made = make_world(make_site(tmp_path), address)
    yield made
    made.database.close()


def truck(world: World, hour: int = 0) -> str:
    """A new case: no truck is another one."""
    at = NOON + timedelta(hours=hour)
    return world.case(kind="dirty_truck", subtype="spill", at=at)


def check(world: World, key_file: Path | None = None) -> list[tuple[Fault, int]]:
    noted = HeadFile(key_file or world.site.storage.key_file)
    return [(f.fault, f.no) for f in SiteCheck(world.database, noted).findings()]


def note(world: World, case_id: str, **entry: object) -> None:
    with world.database.write() as session:
        case = session.get_one(CaseRow, case_id, with_for_update=True)
        enter(session, case, "noted", by=entry.pop("by", "test"), **entry)


def lives(world: World) -> list[str]:
    """Three cases, each opened, confirmed and cleared: nine records."""
    cases = []
    for n in range(3):
        event = make_event(kind="dirty_truck", subtype="spill", at=NOON + timedelta(hours=n))
        cases.append(world.take(event))
        world.review(cases[-1], CONFIRM)
        world.take(cleared(event))
    return cases


def test_what_happens_to_cases_is_a_chain_for_each_and_for_the_site(world):
    cases = lives(world)
    with world.database.read() as session:
        ring = Keyring(public_keys(session))
        whole = [case_records(session, case) for case in cases]
    assert [[one.record["no"] for one in of] for of in whole] == [[1, 2, 3]] * 3
    assert [one.record["site_no"] for of in whole for one in of] == list(range(1, 10))
    assert all(one.signed_by for of in whole for one in of)
    for case, records in zip(cases, whole, strict=True):
        assert findings(case, records, ring, (3, records[-1].hash)) == []
        log = CaseStore(world.database, world.site).get(OFFICER, case).log
        assert [e.action for e in log] == [one.record["action"] for one in records]
    assert check(world) == []


TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=12)
"""Any characters: NUL, controls, astral ones, lone surrogates as in names of files."""
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)
TIMES = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001
    max_value=datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, datetime.strptime("+08:00", "%z").tzinfo]),
)


def test_whatever_is_logged_verifies_from_its_rows(world):
    case_id = truck(world)

    @given(
        data=st.dictionaries(TEXT, JSON, max_size=4),
        reason=TEXT,
        by=TEXT,
        at=TIMES,
    )
    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    def logged(**entry):
        note(world, case_id, **entry)
        with world.database.read() as session:
            records = case_records(session, case_id)
            ring = Keyring(public_keys(session))
        for one in records:
            canonical(one.record).decode("utf-8")
        assert findings(case_id, records, ring) == []
        assert (
            "\\ud" not in canonical(records[-1].record).decode()
            or "\\\\ud" in canonical(records[-1].record).decode()
        )

    logged()
    assert check(world) == []


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), {1, 2}, b"bytes"])
def test_what_json_has_not_is_refused_before_anything_is_kept(world, bad):
    case_id = truck(world)
    with pytest.raises(CaseError, match=rf"{case_id}.*cannot be logged"):
        note(world, case_id, data={"deep": [bad]})
    with world.database.read() as session:
        assert len(case_records(session, case_id)) == 1
    assert check(world) == []


def test_nothing_is_logged_without_a_chain(address, tmp_path):
    made = make_world(make_site(tmp_path), address)
    made.database.sealer = None
    with pytest.raises(RuntimeError, match="open a SiteChain"):
        truck(made)
    with made.database.read() as session:
        assert session.scalars(select(LogRow)).all() == []
    made.database.close()


def test_many_at_once_in_two_processes_append_to_one_chain(world, address):
    """Cases are locked in each other's way, intakes decide alone, and nobody dead-locks."""
    other = Database.open(address)
    SiteChain.open(other, world.site.storage.key_file)
    shared = [truck(world, n) for n in range(4)]

    def work(n: int) -> None:
        database = (world.database, other)[n % 2]
        for turn in range(8):
            if n == 0:
                truck(world, 100 + turn)
                continue
            with database.write() as session:
                for case_id in sorted({shared[(n + turn) % 4], shared[n % 4]}):
                    case = session.get_one(CaseRow, case_id, with_for_update=True)
                    enter(session, case, "noted", by=f"thread {n}", data={"turn": turn})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    other.close()
    checked = SiteCheck(world.database, HeadFile(world.site.storage.key_file))
    assert list(checked.findings()) == []
    assert checked.records == 4 + 8 + 7 * 8 + 7 * 6


def test_who_logs_does_not_hold_the_chain_while_it_waits_for_a_case(new_database, tmp_path):
    """One logs about A, then waits for B; the other holds B, logs and commits meanwhile."""
    world = make_world(make_site(tmp_path), new_database())
    a, b = truck(world), truck(world, 1)
    first_logged, second_holds = threading.Event(), threading.Event()

    def first() -> None:
        with world.database.write() as session:
            enter(session, session.get_one(CaseRow, a, with_for_update=True), "noted", by="one")
            session.flush()
            first_logged.set()
            assert second_holds.wait(20)
            enter(session, session.get_one(CaseRow, b, with_for_update=True), "noted", by="one")

    def second() -> None:
        assert first_logged.wait(20)
        with world.database.write() as session:
            case = session.get_one(CaseRow, b, with_for_update=True)
            second_holds.set()
            enter(session, case, "noted", by="two")

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(first), pool.submit(second)]:
            done.result()
    assert check(world) == []
    world.database.close()


def tamper(world: World, *statements: str) -> None:
    """As who has the database's password may: the triggers are no hindrance to them."""
    if not world.database.on_postgresql:
        raw = sqlite3.connect(str(world.database.engine.url.database), isolation_level=None)
        triggers = raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            raw.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            raw.execute(statement)
        raw.close()
        return
    with world.database.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            connection.execute(text(statement))


SET = "UPDATE case_log SET {} WHERE id = 4"


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'somebody'",
        "key_id = 'abc'",
        "action = 'rejected'",
        "stage = 'rejected'",
        "reason = 'another'",
        "data = '{}'",
        "case_id = (SELECT case_id FROM case_log WHERE id = 1)",
        "at = '2026-05-21 04:30:00.000001'",
    ],
)
def test_a_changed_row_is_found(world, change):
    lives(world)
    tamper(world, SET.format(change))
    assert (Fault.CHANGED, 4) in check(world)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("site_no = 40", (Fault.MISSING, 4)),
        ("no = 7", (Fault.SPLICED, 4)),
        ("case_id = 'SW-1'", (Fault.SPLICED, 4)),
        ("signature = NULL, signed_by = NULL", (Fault.UNSIGNED, 4)),
        ("signed_by = 'abc'", (Fault.WRONG_KEY, 4)),
        ("signature = (SELECT signature FROM records WHERE log_id = 3)", (Fault.WRONG_KEY, 4)),
        ("hash = (SELECT hash FROM records WHERE log_id = 3)", (Fault.CHANGED, 4)),
    ],
)
def test_a_changed_record_is_found(world, change, found):
    lives(world)
    tamper(world, f"UPDATE records SET {change} WHERE log_id = 4")
    assert found in check(world)


def test_removed_swapped_and_added_rows_are_found(world):
    lives(world)
    for gone in (["records"], ["records", "case_log"]):
        for no in (4, 9) if len(gone) == 1 else (6, 8):
            where = {"records": "log_id", "case_log": "id"}
            tamper(world, *(f"DELETE FROM {name} WHERE {where[name]} = {no}" for name in gone))
            assert (Fault.MISSING, no) in check(world)


def test_two_entries_that_are_swapped_are_found(world):
    lives(world)
    tamper(
        world,
        "UPDATE records SET log_id = 99 WHERE log_id = 4",
        "UPDATE records SET log_id = 4 WHERE log_id = 5",
        "UPDATE records SET log_id = 5 WHERE log_id = 99",
    )
    found = check(world)
    assert {(Fault.CHANGED, 4), (Fault.CHANGED, 5)} <= set(found)


def test_an_entry_without_a_record_is_found(world):
    lives(world)
    tamper(
        world,
        "INSERT INTO case_log (id, case_id, at, actor, action, stage, reason, data) "
        "SELECT 77, case_id, at, actor, 'rejected', stage, reason, data FROM case_log WHERE id = 4",
    )
    assert check(world) == [(Fault.SPLICED, 0)]


CUT_OFF = (
    "DELETE FROM records WHERE site_no > 7",
    "DELETE FROM case_log WHERE id > 7",
    "UPDATE chain_head SET site_no = 7, hash = (SELECT hash FROM records WHERE site_no = 7)",
)


@pytest.mark.parametrize("restarted", [True, False])
def test_an_end_that_was_cut_off_is_found_by_the_number_beside_the_key(
    world, tmp_path, caplog, restarted
):
    lives(world)
    tamper(world, *CUT_OFF)
    assert check(world, tmp_path / "nothing noted") == []  # the chain alone cannot show it
    assert check(world) == [(Fault.MISSING, 8)]
    if restarted:
        SiteChain.open(world.database, world.site.storage.key_file)
        assert "records were taken from its end" in caplog.text
    for n in range(4):  # what is written then does not hide it
        truck(world, 50 + n)
    assert caplog.text.count("records were taken from its end") == 1
    assert check(world) == [(Fault.CHANGED, 9)]
    HeadFile(world.site.storage.key_file).path.unlink()
    SiteChain.open(world.database, world.site.storage.key_file)
    truck(world, 60)
    assert check(world) == []


def test_a_chain_that_was_made_anew_is_found(world):
    """Somebody with the database but without the key takes the last record's place."""
    lives(world)
    held = HeadFile(world.site.storage.key_file).read()
    assert held is not None
    tamper(
        world,
        "UPDATE records SET hash = '" + "ab" * 32 + "' WHERE site_no = 9",
        "UPDATE chain_head SET hash = '" + "ab" * 32 + "'",
    )
    found = check(world)
    assert (Fault.CHANGED, 9) in found
    assert (Fault.WRONG_KEY, 9) in found
    tamper(world, "DELETE FROM site_keys")
    assert (Fault.WRONG_KEY, 1) in check(world)


@pytest.mark.parametrize("table", ["records", "site_keys", "case_log"])
def test_records_keys_and_log_only_grow(world, table):
    lives(world)
    column = {"records": "hash", "site_keys": "pem", "case_log": "actor"}[table]
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = 'x'"):
        with pytest.raises(DatabaseError, match="append-only"), world.database.write() as session:
            session.execute(text(statement))


OLD_CASE = """
INSERT INTO cases (id, stage, kind, subtype, camera, zone, box, codes, address, grid, division,
first_seen_at, confirmed_at, last_seen_at, dwell_s, looks, score, clock, why, detector, legal_use,
legal_use_reason, sequence, created_at) VALUES ('{case}', 'emitted', 'street_vending', 'stall',
'gate', 'pavement', '[0.1, 0.1, 0.2, 0.2]', '[]', '', '', '', '{at}', '{at}', '{at}', 300, 6, 0.8,
'stream', '[]', '{{}}', 'lead_only', '', 1, '{at}')
"""
OLD_ENTRY = (
    "INSERT INTO case_log (case_id, at, actor, action, stage, reason, data) "
    "VALUES (:case, :at, '王警官', 'noted', 'emitted', :reason, :data)"
)


def test_a_log_from_before_is_chained_in_its_order_and_covered_by_the_first_signed_record(
    address, tmp_path
):
    config = Config()
    config.set_main_option("script_location", str(files("api.storage").joinpath("migrations")))
    engine = create_engine(address)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        at = "2026-01-01 00:00:00.000000"
        for case in ("SW-1", "SW-2"):
            connection.execute(text(OLD_CASE.format(case=case, at=at)))
        data = ['{"x": 1e-7, "name": "\\udc80"}', '{"x": [1, null, "\\u0000 王"]}']
        if engine.dialect.name == "sqlite":  # which took NaN until now
            data.append('{"apart_m": NaN}')
        for n in range(2500):
            row = {
                "case": f"SW-{n % 3 % 2 + 1}",
                "at": f"2026-01-01 00:00:00.{n:06}" + ("" if "sqlite" in address else "+00"),
                "reason": f"第{n}次",
                "data": data[n % len(data)],
            }
            connection.execute(text(OLD_ENTRY), row)
    engine.dispose()
    world = make_world(make_site(tmp_path), address)
    checked = SiteCheck(world.database, HeadFile(world.site.storage.key_file))
    assert list(checked.findings()) == []
    assert (checked.records, checked.unsigned) == (2500, 2500)
    note(world, "SW-1")
    assert check(world) == []
    with world.database.read() as session:
        old = case_records(session, "SW-1")
        keys = public_keys(session)
    assert old[-1].record["site_no"] == keys[0].from_no == 2501
    assert findings("SW-1", old, Keyring(keys)) == []
    with pytest.raises(DatabaseError, match="append-only"), world.database.write() as session:
        session.execute(text("DELETE FROM case_log"))
    tamper(world, "UPDATE case_log SET reason = 'x' WHERE id = 1200")
    assert check(world) == [(Fault.CHANGED, 1200)]
    world.database.close()

"""The core on a real PostgreSQL: migrations, intake, review, the outbox's claims."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from pydantic import TypeAdapter
from sqlalchemy import select, text, update
from sqlalchemy.exc import DatabaseError

from api.access.roles import Principal, Role
from api.cases.case_filter import CaseFilter, Near
from api.cases.step_requests import StepRequest
from api.cases.store import CaseStore
from api.delivery.outcome import Outcome, Result
from api.delivery.queue import DeliveryQueue, replay
from api.delivery.retry import RetryPolicy
from api.errors import DatabaseUnavailable, IllegalStep, TookTooLong
from api.storage.database import Database
from api.storage.engine import make_engine
from api.storage.tables import AttemptRow, Base, CaseRow, DeliveryRow, FailingRow
from tests.api.world import (
    CONFIRM,
    GARBAGE,
    NOON,
    OFFICER,
    REJECT,
    ROOF,
    SECRET,
    World,
    cleared,
    make_event,
    make_site,
    make_world,
    on_map,
    step_desk,
    store_pictures,
)
from vision.evidence import Recorder
from vision.pipeline.event_writer import EventWriter
from vision.pipeline.quarantine import Quarantine

OLD_CASE = """
INSERT INTO cases (id, stage, kind, subtype, camera, zone, box, codes, address, grid, division,
first_seen_at, confirmed_at, last_seen_at, dwell_s, looks, score, clock, why, detector, legal_use,
legal_use_reason, sequence, created_at) VALUES ('SW-1', 'emitted', 'street_vending', 'stall',
'gate', 'pavement', '[0.1, 0.1, 0.2, 0.2]', '[]', '', '', '', '2026-01-01', '2026-01-01',
'2026-01-01', 300, 6, 0.8, 'stream', '[]',
'{"model": "m", "version": "1", "sha256": "", "threshold": null}', 'lead_only', '', 1, '2026-01-01')
"""
WHO = Principal("0", "Officer Li", Role.OFFICER, cameras=frozenset({"gate"}))


@pytest.fixture
def world(new_database: Callable[[], str], tmp_path: Path) -> Iterator[World]:
    hook = {"name": "main", "url": "https://main.example/in", "secret": SECRET}
    made = make_world(make_site(tmp_path, hook, drones=2), new_database())
    yield made
    made.database.close()


def together(count: int, work) -> None:
    barrier = threading.Barrier(count)

    def one(n: int) -> None:
        barrier.wait()
        work(n)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_the_migrations_make_the_tables_that_the_code_uses(world):
    with world.database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []
    world.database.check()


def test_a_database_with_cases_of_before_their_life_is_brought_up_to_date(
    new_database: Callable[[], str], tmp_path: Path
):
    address = new_database()
    engine = make_engine(address)
    config = Config()
    config.set_main_option("script_location", str(files("api.storage").joinpath("migrations")))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        connection.execute(text(OLD_CASE))
    engine.dispose()
    made = make_world(make_site(tmp_path), address)
    case = made.read("SW-1")
    assert (case.stage, case.outcome, case.claimed_by, case.reviews) == ("emitted", None, None, [])
    request = TypeAdapter(StepRequest).validate_python({"step": "supervise", "reason": "why"})
    assert step_desk(made.database, made.site).take(OFFICER, "SW-1", request).supervised
    made.database.close()


def test_many_processes_may_open_a_new_database_at_once(world):
    opened: list[Database] = []
    address = world.database.engine.url.render_as_string(hide_password=False)
    together(4, lambda _: opened.append(Database.open(address)))
    assert len(opened) == 4
    for database in opened:
        database.close()


def test_a_case_lives_and_its_log_only_grows(world):
    event = make_event()
    case_id = world.take(event)
    assert world.take(make_event(at=NOON + timedelta(hours=1))) == case_id
    store = CaseStore(world.database, world.site)
    world.review(case_id, CONFIRM, WHO)
    world.take(cleared(event))
    case = store.get(WHO, case_id)
    assert [e.action for e in case.log] == ["opened", "sighted", "confirmed", "cleared"]
    assert case.when.first_seen == NOON
    page = store.page(WHO, CaseFilter(near=Near(113.38, 31.71, 50)), None, 10)
    assert [c.case_id for c in page.items] == [case_id]
    with pytest.raises(DatabaseError, match="append-only"), world.database.write() as session:
        session.execute(text("DELETE FROM case_log"))


def test_an_episode_and_a_place_taken_at_once_are_one_case(world):
    event = make_event()
    items = store_pictures(world.evidence, event)
    got: list[str | None] = []
    together(6, lambda n: got.append(world.intake.take(event if n % 2 else make_event(), items)))
    assert len(got) == 6
    assert len(set(got)) == 1
    with world.database.read() as session:
        assert len(list(session.scalars(select(CaseRow)))) == 1


def test_one_violation_taken_at_once_from_all_sides_is_one_case(world):
    drones = [
        make_event(camera=f"drone-{n % 2 + 1}", zone="whole picture", where=on_map(n), **ROOF)
        for n in range(5)
    ]
    # One of the fixed camera alone: what it reports late, after its next, is a case of its own.
    events = [*drones, make_event(where=on_map(2), **ROOF)]
    events = [
        replace(e, episode=replace(e.episode, opened_at=at, last_seen_at=at, confirmed_at=at))
        for n, e in enumerate(events)
        for at in [NOON + n * timedelta(days=1)]
    ]
    got: list[str] = []
    together(6, lambda n: got.append(world.take(events[n])))
    assert len(set(got)) == 1
    assert CaseStore(world.database, world.site).get(OFFICER, got[0]).sightings == 6


def test_inhibition_holds_while_structures_come_go_and_are_rejected_at_once(world):
    """Nobody dead-locks, and no case is left behind an inhibitor that has ended."""
    faults: list[str] = []

    def work(n: int) -> None:
        for turn in range(6):
            at = NOON + timedelta(hours=10 * n + turn)
            box = (0.1 * n, 0.1, 0.1 * n + 0.05, 0.2)
            try:
                if n % 2:
                    event = make_event(at=at, box=box, **GARBAGE)
                    world.take(event)
                    if turn % 2:
                        world.take(cleared(event))
                    continue
                event = make_event(at=at, box=box, **ROOF)
                case_id = world.take(event)
                if turn % 2:
                    world.take(cleared(event))
                else:
                    world.review(case_id, REJECT)
            except IllegalStep as error:
                faults.append(str(error))

    together(8, work)
    assert faults == []
    with world.database.read() as session:
        rows = {row.id: row for row in session.scalars(select(CaseRow))}
    muted = [row for row in rows.values() if row.stage == "inhibited" and row.cleared_at is None]
    for row in muted:
        source = rows[row.inhibited_by]
        assert source.stage != "rejected"
        assert source.cleared_at is None
    kinds = {row.kind for row in rows.values()}
    assert kinds == {"illegal_structure", "overflowing_bin"}


def test_of_reviewers_at_the_same_time_exactly_one_wins(world):
    case_id = world.take(make_event())
    won: list[bool] = []

    def review(_: int) -> None:
        try:
            world.review(case_id, CONFIRM, WHO)
            won.append(True)
        except IllegalStep:
            won.append(False)

    together(6, review)
    assert sorted(won) == [False] * 5 + [True]


def test_workers_at_the_same_time_claim_different_events_in_order(world):
    for _ in range(6):
        event = make_event(kind="dirty_truck", subtype="spill")
        case_id = world.take(event)
        world.review(case_id, CONFIRM, WHO)
        world.take(cleared(event))
    claimed: list[tuple[str, str]] = []

    def work(n: int) -> None:
        queue = DeliveryQueue(world.database, world.site.calendar, f"worker {n}")
        while (claim := queue.claim("main")) is not None:
            claimed.append((claim.event_id, claim.body))
            queue.settle(claim, Outcome(Result.DELIVERED, status=200), RetryPolicy())

    together(4, work)
    queue = DeliveryQueue(world.database, world.site.calendar, "last")
    while (claim := queue.claim("main")) is not None:
        claimed.append((claim.event_id, claim.body))
        queue.settle(claim, Outcome(Result.DELIVERED, status=200), RetryPolicy())
    assert len(claimed) == len({event_id for event_id, _ in claimed}) == 12


def test_a_clock_that_was_ahead_keeps_no_delivery_and_replay_keeps_to_its_cases(world):
    cases = []
    for _ in range(2):
        cases.append(world.take(make_event(kind="dirty_truck", subtype="spill")))
        world.review(cases[-1], CONFIRM, WHO)
    queue = DeliveryQueue(world.database, world.site.calendar, "worker")
    failed = Outcome(Result.FAILED, status=500, error="the receiver answered 500")
    for _ in cases:
        queue.settle(queue.claim("main"), failed, RetryPolicy())
    assert queue.claim("main") is None
    within = select(CaseRow.id).where(CaseRow.id == cases[0])
    assert replay(world.database, "main", within=within) == 1
    assert queue.claim("main") is not None
    assert queue.claim("main") is None
    ahead = datetime.now(UTC) + timedelta(days=400)
    with world.database.write() as session:  # one in flight, one failed, by a clock that was ahead
        session.execute(update(AttemptRow).values(at=ahead))
        session.execute(update(DeliveryRow).values(next_attempt_at=ahead))
    assert queue.next_due("main") <= datetime.now(UTC)
    assert {queue.claim("main").id, queue.claim("main").id} == {1, 2}
    assert queue.claim("main") is None


def test_an_event_that_no_row_can_hold_goes_into_quarantine_and_the_next_is_a_case(world):
    """PostgreSQL's text holds no NUL; the database itself is well."""
    bad = make_event(kind="dirty_truck", subtype="spill")
    bad = replace(bad, episode=replace(bad.episode, asset="B-\x00-17"))
    root = world.evidence.root.parent / "quarantine"
    quarantine = Quarantine(root, world.site)
    recorder = Recorder(world.evidence, world.site)
    writer = EventWriter(recorder, [world.intake.take], quarantine=quarantine, retry_s=0.01)
    writer.start()
    writer.put(bad)
    writer.put(make_event(kind="dirty_truck", subtype="spill"))
    writer.stop()
    assert (writer.quarantined, writer.lost, writer.problem) == (1, 0, None)
    assert len(list(root.glob("*/confirmed.json"))) == 1
    with world.database.read() as session:
        assert len(list(session.scalars(select(CaseRow)))) == 1


def test_keys_work(world):
    key = world.keys.session_key()
    who = world.keys.verify(key)
    assert who is not None
    assert who.role is Role.ADMIN


def test_what_takes_too_long_is_stopped_and_said(new_database, monkeypatch):
    monkeypatch.setattr("api.storage.engine.LONGEST_S", 0.1)
    database = Database.open(new_database())
    for opened in (database.read, database.write):
        for _ in range(2):  # the limit outlasts what was rolled back
            with pytest.raises(TookTooLong, match="narrow"), opened() as session:
                session.execute(text("SELECT pg_sleep(60)"))
    database.check()
    database.close()


def test_a_read_only_server_is_said(world):
    with world.database.engine.connect() as connection:
        name = connection.execute(text("SELECT current_database()")).scalar()
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
        connection.commit()
    world.database.close()  # the next connections are read-only
    with pytest.raises(DatabaseUnavailable, match="read-only"):
        world.take(make_event())


def test_two_workers_that_fail_at_once_note_one_trouble_and_lose_no_outcome(world):
    for _ in range(2):
        world.review(world.case(kind="dirty_truck", subtype="spill"), CONFIRM)
    works = [DeliveryQueue(world.database, world.site.calendar, f"worker {n}") for n in range(2)]
    claims = [work.claim("main") for work in works]
    bad = Outcome(Result.FAILED, status=500, error="the receiver answered 500")
    together(2, lambda n: works[n].settle(claims[n], bad, RetryPolicy()))
    with world.database.read() as session:
        assert [row.name for row in session.scalars(select(FailingRow))] == ["main"]
        assert len(session.scalars(select(AttemptRow)).all()) == 2

"""Lists of 100,000 cases on both databases: every page is a walk in an index, whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import case, event, func, insert, or_, select, text

from api.access.roles import Principal, Role
from api.callbacks.pages import page
from api.callbacks.schemas import CallbackPage
from api.callbacks.standing import UNAPPLIED
from api.cases.case_filter import CaseFilter, Order
from api.cases.queue import Narrowed, QueueDesk
from api.cases.scope import scoped
from api.cases.store import CaseStore
from api.opinions.queue import OpinionQueue
from api.storage.database import Database
from api.storage.tables import AttemptRow, CallbackRow, CaseRow, DeliveryRow, SightingRow
from scripts.bench.lists import BUSY, FIRST_DAY, QUIET, fill, questions
from tests.api.world import make_site
from tests.real import postgres

CASES = 100_000
ASKED = {asked.name: asked for asked in questions()}
ORDERS = {
    Order.NEWEST: [CaseRow.id.desc()],
    Order.OLDEST: [CaseRow.id],
    Order.DEADLINE: [
        CaseRow.deadline_at.is_(None),
        CaseRow.deadline_at,
        case((CaseRow.deadline_at.is_(None), ""), else_=CaseRow.id),
        CaseRow.id.desc(),
    ],
}
BIG = ("cases", "sightings", "evidence")


@dataclass
class Many:
    """A database of many cases and what was asked of it."""

    database: Database
    store: CaseStore

    def plans(self, work: Callable[[], object]) -> list[str]:
        """The query plans of every list that this work makes."""
        asked: list[tuple[str, object]] = []

        def noted(_c, _cursor, statement, parameters, _context, _many) -> None:
            # Once a page's ids are known, its own cases and pictures are read and sorted.
            if statement.startswith("SELECT") and "id IN (" not in statement:
                asked.append((statement, parameters))

        engine = self.database.engine
        event.listen(engine, "before_cursor_execute", noted)
        try:
            work()
        finally:
            event.remove(engine, "before_cursor_execute", noted)
        explain = "EXPLAIN" if self.database.on_postgresql else "EXPLAIN QUERY PLAN"
        lines: list[str] = []
        with engine.connect() as connection:
            for statement, parameters in asked:
                rows = connection.exec_driver_sql(f"{explain} {statement}", parameters)
                lines += [str(row[-1]) for row in rows]
        return lines


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def many(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Many]:
    root: Path = tmp_path_factory.mktemp("many")
    site = make_site(root)
    address = site.storage.database
    if request.param == "postgresql":
        address = postgres.new_database(request.getfixturevalue("cluster"))
    database = Database.open(address)
    fill(database, CASES)
    yield Many(database, CaseStore(database, site))
    database.close()


@pytest.mark.parametrize("name", ASKED)
def test_a_list_walks_an_index_and_reads_no_table(many, name):
    asked = ASKED[name]
    plans = many.plans(
        lambda: many.store.page(asked.who, asked.wanted, None, 50, order=asked.order)
    )
    assert plans
    for line in plans:
        if many.database.on_postgresql:
            assert not any(f"Seq Scan on {table}" in line for table in BIG), "\n".join(plans)
        else:
            few = asked.wanted.near is not None or asked.wanted.due_until is not None
            assert_walks(line, plans, near=few)


def assert_walks(line: str, plans: list[str], *, near: bool) -> None:
    said = "\n".join(plans)
    if line.startswith("SCAN") and line.split()[1] in BIG:
        # From the newest id down, in the index alone, until the page is full.
        assert line.startswith("SCAN cases USING COVERING INDEX"), said
    # Only what lies in a small box, or is due, has to be sorted.
    assert near or "TEMP B-TREE" not in line, said


@pytest.mark.parametrize("name", ASKED)
def test_a_list_is_what_a_plain_reading_of_all_cases_finds(many, name):
    asked = ASKED[name]
    wanted = asked.wanted
    plain = scoped(select(CaseRow.id), asked.who).where(*wanted.conditions())
    if wanted.kind is not None:
        plain = plain.where(CaseRow.kind == wanted.kind)
    if wanted.camera is not None:
        seen = select(SightingRow.case_id).where(SightingRow.camera == wanted.camera)
        plain = plain.where(CaseRow.id.in_(seen))
    if wanted.text is not None:
        text_of = (CaseRow.address.icontains(wanted.text), CaseRow.id.startswith(wanted.text))
        plain = plain.where(or_(*text_of))
    with many.database.read() as session:
        expected = list(session.scalars(plain.order_by(*ORDERS[asked.order]).limit(75)))
    first = many.store.page(asked.who, wanted, None, 50, order=asked.order)
    got = [item.case_id for item in first.items]
    if first.next is not None:
        assert first.next.endswith(got[-1])
        second = many.store.page(asked.who, wanted, first.next, 25, order=asked.order)
        got += [item.case_id for item in second.items]
    assert got == expected


def test_a_case_of_two_cameras_is_listed_once(many):
    newest = f"SW-{CASES - 1:012d}"
    with many.database.engine.connect() as connection:
        connection.execute(
            text(
                "INSERT INTO sightings (episode_id, camera, case_id, zone, box, opened_at, "
                "confirmed_at, last_seen_at, looks, score) SELECT 'second', 'camera-005', case_id, "
                "zone, box, opened_at, confirmed_at, last_seen_at, looks, score FROM sightings "
                "WHERE case_id = :case"
            ),
            {"case": newest},
        )
        connection.commit()
    both = Principal("0", "two", Role.VIEWER, cameras=frozenset({BUSY, "camera-005"}))
    listed = [item.case_id for item in many.store.page(both, CaseFilter(), None, 50).items]
    assert listed.count(newest) == 1
    assert len(set(listed)) == 50
    other = Principal("0", "other", Role.VIEWER, cameras=frozenset({"camera-005", QUIET}))
    seen = many.store.page(other, CaseFilter(camera=BUSY), None, 50)
    assert [item.case_id for item in seen.items] == [newest]


def test_the_queue_is_found_in_the_index_of_what_waits(many):
    """100 of these 100,000 wait: no other is looked at, whoever asks and for what."""
    desk = QueueDesk(many.database, make_site(Path("unused")))
    for who in (ASKED["everything"].who, ASKED["key of a division"].who):
        for wanted in (Narrowed(), Narrowed(kind="street_vending"), Narrowed(camera=QUIET)):
            plans = many.plans(lambda who=who, wanted=wanted: desk.page(who, wanted, 20))
            if not many.database.on_postgresql:  # which likes any index by stage as much
                assert any("ix_cases_waiting" in line for line in plans), "\n".join(plans)
            for line in plans:
                assert not any(f"Seq Scan on {table}" in line for table in BIG), line
                assert not line.startswith("SCAN cases"), line
    asks = OpinionQueue(many.database, "test", ["street_vending"], timedelta(seconds=30))
    for line in many.plans(asks.take) + many.plans(asks.fill) + many.plans(asks.take):
        assert not any(f"Seq Scan on {table}" in line for table in BIG), line
        if not many.database.on_postgresql:  # which finds one by its kind and id alike
            assert "ix_cases_kind" not in line, "these are all cases of a kind"
        assert not line.startswith("SCAN"), line
    page = desk.page(ASKED["everything"].who, Narrowed(), 200)
    assert page.total == len(page.items) == CASES // 1000
    values = [item.rank.value for item in page.items]
    assert values == sorted(values, reverse=True)


def test_deliveries_of_a_receiver_are_walked_too(many):
    """They are listed by id, all or those in one state, and counted for each scrape."""
    listed = select(DeliveryRow.id).where(DeliveryRow.receiver == "main").limit(51)
    listed = listed.order_by(DeliveryRow.id.desc())
    counted = select(AttemptRow.receiver, AttemptRow.result, func.count())
    counted = counted.group_by(AttemptRow.receiver, AttemptRow.result)

    def work() -> None:
        with many.database.read() as session:
            session.execute(listed)
            session.execute(listed.where(DeliveryRow.state == "dead"))
            session.execute(counted)

    if many.database.on_postgresql:
        pytest.skip("PostgreSQL reads a table as small as this one whole, and rightly")
    for line in many.plans(work):
        assert "TEMP B-TREE" not in line
        assert line.startswith("SEARCH") or "USING COVERING INDEX" in line, line


def test_a_number_of_the_case_system_is_looked_up(many):
    numbered = CaseFilter(number="4213-2026-000007")
    for who in (ASKED["everything"].who, ASKED["key of all cameras by name"].who):
        plans = many.plans(lambda who=who: many.store.page(who, numbered, None, 50))
        for index in ("ix_cases_task_no_id", "ix_cases_file_no_id"):
            assert any(index in line for line in plans), "\n".join(plans)
        for line in plans:
            assert not any(f"Seq Scan on {table}" in line for table in BIG), line
            assert not line.startswith("SCAN cases"), line
            assert "TEMP B-TREE" not in line, line


def test_call_backs_that_were_not_applied_are_walked(many):
    """As anybody and as a key of some kinds lists them: the newest of each state."""
    states = {"waiting": 20, "refused": 20, "conflict": 20, "applied": 4000}
    row = {"sender": "key:1", "receiver": "main", "event": "handled", "reason": ""}
    with many.database.write() as session:
        session.execute(
            insert(CallbackRow),
            [
                row
                | {"event_id": f"{state}-{n}", "digest": f"{n}", "state": state}
                | {"body": {"id": f"{n}", "event": "handled", "at": FIRST_DAY.isoformat()}}
                | {"case_id": f"SW-{n:012d}", "at": FIRST_DAY, "received_at": FIRST_DAY}
                for state, rows in states.items()
                for n in range(rows)
            ],
        )
        session.execute(text("ANALYZE callbacks"))
    kinds = Principal("0", "kinds", Role.REVIEWER, kinds=frozenset({"street_vending"}))
    for who in (ASKED["everything"].who, kinds):
        told: list[CallbackPage] = []
        plans = many.plans(
            lambda who=who, told=told: told.append(
                page(many.database, who, states=UNAPPLIED, limit=50)
            )
        )
        assert {item.state for item in told[0].items} == set(UNAPPLIED)
        assert any("ix_callbacks_state_id" in line for line in plans), "\n".join(plans)
        for line in plans:
            assert "Seq Scan" not in line, "\n".join(plans)
            assert "TEMP B-TREE" not in line, "\n".join(plans)

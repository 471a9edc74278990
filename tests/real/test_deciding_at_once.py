"""Two people and one case at the same time, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from api.access.roles import Principal, Role
from api.cases.claims import ClaimDesk
from api.cases.queue import Narrowed, QueueDesk
from api.cases.stages import Stage
from api.cases.step_requests import Undo
from api.cases.steps import Step
from api.delivery.outcome import Outcome, Result
from api.delivery.queue import DeliveryQueue
from api.delivery.retry import RetryPolicy
from api.errors import CaseClaimed, IllegalStep
from api.storage.tables import CaseRow, DeliveryRow
from tests.api.world import (
    CONFIRM,
    REJECT,
    SECRET,
    World,
    make_event,
    make_site,
    make_world,
    step_desk,
)

LI = Principal("li", "Li", Role.REVIEWER)
WANG = Principal("wang", "Wang", Role.REVIEWER)
TIMES = 200


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    hook = {"name": "main", "url": "https://main.example/in", "secret": SECRET}
    review = {"undo": "60s", "second": {"kinds": ["illegal_structure"]}}
    site = make_site(tmp_path, hook, review=review)
    address = None
    if request.param == "postgresql":
        address = request.getfixturevalue("new_database")()
    made = make_world(site, address)
    yield made
    made.database.close()


class Pair:
    """Two threads that do something at the same moment, again and again."""

    def __init__(self) -> None:
        self._start, self._end = threading.Barrier(3), threading.Barrier(3)
        self._work: list[Callable[[], object]] = []
        self.answers: list[object] = [None, None]
        for n in range(2):
            threading.Thread(target=self._run, args=(n,), daemon=True).start()

    def _run(self, n: int) -> None:
        while True:
            self._start.wait()
            if not self._work:
                return
            try:
                self.answers[n] = self._work[n]()
            except Exception as error:  # noqa: BLE001 - it is what is asked for
                self.answers[n] = error
            self._end.wait()

    def both(self, one: Callable[[], object], other: Callable[[], object]) -> list[object]:
        """What each gave or raised."""
        self._work = [one, other]
        self._start.wait()
        self._end.wait()
        return list(self.answers)

    def close(self) -> None:
        self._work = []
        self._start.wait()


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair()
    yield made
    made.close()


def new_case(world: World) -> str:
    found = world.intake.take(make_event(kind="dirty_truck", subtype="spill"), [])
    assert found is not None
    return found


def test_of_two_reviewers_200_times_at_once_one_wins_and_the_other_is_told(world, pair):
    for turn in range(TIMES):
        case_id = new_case(world)
        asked = (CONFIRM, REJECT) if turn % 2 else (CONFIRM, CONFIRM)
        answers = pair.both(
            lambda c=case_id, a=asked: world.review(c, a[0], LI),
            lambda c=case_id, a=asked: world.review(c, a[1], WANG),
        )
        (told,) = [a for a in answers if isinstance(a, Exception)]
        assert isinstance(told, IllegalStep)
        case = world.read(case_id)
        winner = answers.index(told) ^ 1
        assert case.review.reviewer == ("Li", "Wang")[winner]
        assert case.stage.value in str(told)
        assert [entry.action for entry in case.log] == ["opened", case.stage.value]


def test_of_two_confirmations_at_once_where_two_are_asked_for_each_counts(world, pair):
    for turn in range(TIMES // 10):
        box = (0.02 * turn, 0.1, 0.02 * turn + 0.01, 0.2)
        case_id = world.case(kind="illegal_structure", subtype="unauthorised_building", box=box)
        same = turn % 2 == 0
        answers = pair.both(
            lambda c=case_id: world.review(c, CONFIRM, LI),
            lambda c=case_id, who=LI if same else WANG: world.review(c, CONFIRM, who),
        )
        case = world.read(case_id)
        refused = [a for a in answers if isinstance(a, IllegalStep)]
        assert len(refused) == same
        assert case.stage is (Stage.SECOND_REVIEW if same else Stage.CONFIRMED)
        assert len(case.reviews) == (1 if same else 2)


def test_who_claims_while_another_decides_gets_one_of_both(world, pair):
    desk = ClaimDesk(world.database, timedelta(minutes=5))
    for _ in range(TIMES // 4):
        case_id = new_case(world)
        claim, decision = pair.both(
            lambda c=case_id: desk.claim(LI, c, take_over=False, reason=""),
            lambda c=case_id: world.review(c, CONFIRM, WANG),
        )
        case = world.read(case_id)
        if isinstance(decision, CaseClaimed):
            assert case.claimed_by == "Li"
            assert case.stage is Stage.PENDING_REVIEW
        else:
            assert isinstance(claim, IllegalStep)
            assert (case.claimed_by, case.stage) == (None, Stage.CONFIRMED)


def test_many_who_ask_for_the_next_case_at_once_each_get_another_one(world):
    """Twelve browsers of three people take sixty cases: each once, and none is left."""
    waiting = {new_case(world) for _ in range(60)}
    desks = [QueueDesk(world.database, world.site) for _ in range(2)]
    people = [LI, WANG, Principal("zhao", "Zhao", Role.OFFICER)]
    start, given = threading.Barrier(12), list[tuple[str, str]]()

    def take(n: int) -> None:
        start.wait()
        while (found := desks[n % 2].next(people[n % 3], Narrowed())) is not None:
            assert found.claimed_by == people[n % 3].label
            given.append((found.case_id, people[n % 3].label))

    threads = [threading.Thread(target=take, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(case for case, _ in given) == sorted(waiting)
    assert {(case, world.read(case).claimed_by) for case in waiting} == set(given)


def test_an_undo_against_a_worker_takes_it_out_or_comes_too_late(world, pair):
    desk = step_desk(world.database, world.site)
    queue = DeliveryQueue(world.database, world.site.calendar, "worker")
    for turn in range(TIMES // 2):
        case_id = new_case(world)
        world.review(case_id, CONFIRM, LI)
        with world.database.write() as session:
            session.execute(update(DeliveryRow).values(next_attempt_at=datetime.now(UTC)))

        def undo(case_id: str = case_id) -> object:
            return desk.take(LI, case_id, Undo(step=Step.UNDO))

        def claim() -> object:
            return queue.claim("main")

        undone, claimed = pair.both(undo, claim)
        assert (claimed is None) != isinstance(undone, IllegalStep), (turn, undone, claimed)
        with world.database.read() as session:
            rows = list(session.scalars(select(DeliveryRow).where(DeliveryRow.case_id == case_id)))
            stage = session.get_one(CaseRow, case_id).stage
        assert (len(rows), stage) == (
            (0, "pending_review") if claimed is None else (1, "confirmed")
        )
        if claimed is not None:
            queue.settle(claimed, Outcome(Result.DELIVERED, status=200), RetryPolicy())

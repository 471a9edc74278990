"""Call-backs in the desk: each once, in any order, by the table and the law, with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from api.access.roles import Role
from api.callbacks.desk import Sender
from api.cases.step_desk import StepDesk
from api.cases.steps import STEPS
from api.delivery.events import Announcer
from api.errors import CaseError, UnknownCase
from api.storage.tables import CallbackRow, DeliveryRow
from tests.api.callbacks.calling import (
    HOOK,
    MAIN,
    OTHER,
    SAID,
    WORK_ORDER,
    actions,
    desk,
    sent,
    take,
    told,
)
from tests.api.cases.test_step_desk import ALL
from tests.api.world import CONFIRM, ROOF, STEP, World, make_site, make_world

QUICKLY = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)
# Returned by one department, handled by the next, supervised meanwhile; then appealed.
TALE = [
    *("filed", "dispatched", "returned", "dispatched", "handled", "returned", "supervised"),
    *("dispatched", "handled", "verified", "supervision_ended", "closed", "appealed", "upheld"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    site = make_site(tmp_path_factory.mktemp("callbacks"), {**HOOK, "stages": ALL}, OTHER)
    made = make_world(site)
    with made.database.engine.connect() as connection:  # what is tested here survives no power cut
        connection.connection.dbapi_connection.execute("PRAGMA synchronous=OFF")
    yield made
    made.database.close()


def states(world: World, case_id: str) -> dict[str, str]:
    with world.database.read() as session:
        rows = session.scalars(select(CallbackRow).where(CallbackRow.case_id == case_id))
        return {row.body["id"].removeprefix(f"{case_id}:"): row.state for row in rows}


@QUICKLY
@given(order=st.permutations(range(len(WORK_ORDER))), again=st.integers(0, 4))
def test_a_work_order_in_any_order_goes_its_whole_way(world, order, again):
    case_id = sent(world)
    for place in [*order, order[again]]:
        take(world, case_id, told(WORK_ORDER[place], place))
    case = world.read(case_id)
    assert actions(world, case_id) == ["emitted", *WORK_ORDER]
    assert (case.stage, case.outcome, case.task_no) == ("closed", "corrected", "RW-1")
    assert set(states(world, case_id).values()) == {"applied"}
    mine = [entry for entry in case.log if "callback" in entry.data]
    assert {(entry.actor, entry.key_id) for entry in mine} == {("main", "signed")}


@QUICKLY
@given(order=st.permutations(range(len(TALE))))
def test_a_long_tale_in_any_order_ends_where_its_last_word_says(world, order):
    case_id = sent(world)
    for place in order:
        take(world, case_id, told(TALE[place], place))
    case = world.read(case_id)
    assert (case.stage, case.outcome, case.supervised, case.appealed) == (
        *("closed", "corrected", None, None),
    )
    found = states(world, case_id)
    # Nothing is put under supervision after its end.
    assert set(found.values()) <= {"applied", "overtaken", "refused"}
    late = {name for name, state in found.items() if state == "refused"}
    assert late <= {"supervised-6", "supervision_ended-10"}
    # What was taken was taken in the order of the tale, each by a step of the table.
    stages = [action for action in actions(world, case_id) if action not in TALE[-2:]]
    stages = [action for action in stages if not action.startswith("supervi")]
    for before, after in pairwise(stages):
        assert after in {to for (stage, _), to in STEPS.items() if stage == before}
    assert len(found) == len(TALE)


def test_what_our_outbox_has_not_noted_yet_is_emitted_first(world):
    case_id = sent(world)
    assert world.read(case_id).stage == "confirmed"
    assert take(world, case_id, told("handled", 3)).state == "waiting"
    log = world.read(case_id).log
    assert [entry.action for entry in log[2:]] == ["emitted", "callback_waiting"]
    assert log[-1].reason == "waits until the case is dispatched; it is emitted"


def test_the_second_arrival_gives_the_same_answer_and_changes_nothing(world):
    case_id = sent(world)
    first = take(world, case_id, told("filed", 1))
    log = len(world.read(case_id).log)
    assert take(world, case_id, told("filed", 1)) == first
    assert len(world.read(case_id).log) == log


def test_an_id_with_another_content_is_a_conflict_kept_and_shown(world):
    case_id, another = sent(world), sent(world)
    take(world, case_id, told("filed", 1))
    forged = told("filed", 1, task_no="RW-2")
    for _ in range(2):
        with pytest.raises(CaseError, match="said something else"):
            take(world, case_id, forged)
    said = SAID.validate_python(told("filed", 1))
    with pytest.raises(CaseError, match="said something else"):
        desk(world).take(MAIN, another, f"{case_id}:filed-1", said)
    assert world.read(case_id).task_no == "RW-1"
    assert world.read(another).task_no is None
    with world.database.read() as session:
        rows = session.scalars(select(CallbackRow).where(CallbackRow.state == "conflict"))
        kept = [(row.case_id, row.body["task_no"]) for row in rows]
    assert sorted(kept) == sorted([(case_id, "RW-2"), (another, "RW-1")])
    assert [entry.action for entry in world.read(case_id).log][-1] == "callback_conflict"


def test_an_overtaken_one_moves_nothing_back_and_its_numbers_are_taken_over(world):
    case_id = sent(world)
    for place, event in enumerate(WORK_ORDER[:3]):
        take(world, case_id, told(event, 10 * place))
    late = take(
        world, case_id, told("dispatched", 15, to="Sanitation", file_no="AJ-1", task_no="X")
    )
    assert late.state == "overtaken"
    case = world.read(case_id)
    assert (case.stage, case.task_no, case.file_no) == ("handled", "RW-1", "AJ-1")
    entry = case.log[-1]
    assert (entry.action, entry.data["callback"]["file_no"]) == ("callback_overtaken", "AJ-1")


def test_what_an_officer_did_by_hand_overtakes_and_lets_what_waited_go_on(world):
    case_id = sent(world)
    take(world, case_id, told("handled", 3))
    officer = world.officer
    steps = ({"step": "file", "data": {"task_no": "T"}}, {"step": "dispatch", "data": {"to": "S"}})
    announcer = Announcer(world.site)
    hand = StepDesk(
        world.database, world.site, announcer.announce, announcer.recall, desk(world).settle
    )
    for step in steps:
        case = hand.take(officer, case_id, STEP.validate_python(step))
    assert case.stage == "handled"
    assert [entry.actor for entry in case.log[-3:]] == ["Officer Li", "Officer Li", "main"]
    assert take(world, case_id, told("filed", 1)).state == "overtaken"
    assert world.read(case_id).stage == "handled"


def test_what_the_law_asks_for_first_is_waited_for(world):
    case_id = sent(world, **ROOF)
    notice = take(world, case_id, told("noticed", 1, note="told on the spot"))
    assert (notice.state, "register of permits" in notice.reason) == ("waiting", True)
    assert world.read(case_id).stage == "emitted"
    answer = {"asked": "planning", "by": "Zhang", "at": "2026-05-21T04:00:00Z"}
    checked = told("permit_checked", 2, checked={**answer, "result": "no_permit"})
    assert take(world, case_id, checked).state == "applied"
    assert states(world, case_id)["noticed-1"] == "applied"
    case = world.read(case_id)
    assert (case.stage, case.permit_check.result) == ("noticed", "no_permit")
    for said in (
        told("grace", 3, until="2026-05-22T04:00:00Z"),
        told("reobserved", 4, still_there=True),
        told("accepted", 5),
        told("closed", 6, outcome="decided"),
        told("appealed", 7, note="a neighbour's shed"),
        told("overturned", 8, note="the court"),
    ):
        assert take(world, case_id, said).state == "applied", said
    assert world.read(case_id).outcome == "overturned"
    assert take(world, case_id, told("upheld", 9)).state == "refused"


@pytest.mark.parametrize(
    ("ends", "outcome"),
    [({"event": "withdrawn"}, "withdrawn"), ({"event": "transferred", "to": "police"}, None)],
)
def test_what_cannot_be_applied_any_more_says_why(world, ends, outcome):
    case_id = sent(world)
    assert take(world, case_id, told("verified", 9)).state == "waiting"
    take(world, case_id, told(ends["event"], 5) | ends)
    found = states(world, case_id)["verified-9"]
    assert (found, world.read(case_id).outcome) == (
        "refused" if outcome else "waiting",
        outcome,
    )
    if outcome:
        last = world.read(case_id).log[-1]
        assert last.action == "callback_refused"
        assert last.reason == "the case is closed as withdrawn: it cannot be verified any more"


def test_a_case_that_the_sender_was_never_told_of_is_none(world):
    case_id, pending = sent(world), world.case(kind="dirty_truck", subtype="spill")
    key = world.principal(Role.RECEIVER)
    blind = world.principal(Role.RECEIVER, cameras=["yard"])
    unknown = [
        (Sender.signed(("nobody",)), case_id),
        (Sender.signed(("other",)), case_id),  # its event waits in the outbox
        (Sender(blind), case_id),
        (Sender(key), pending),
        (Sender(key), "SW-none"),
    ]
    for sender, of in unknown:
        with pytest.raises(UnknownCase, match="is known to this key"):
            take(world, of, told("filed", 1), sender)
    assert take(world, case_id, told("filed", 1), Sender(key)).receiver == "a receiver"
    entry = world.read(case_id).log[-1]
    assert (entry.actor, entry.key_id) == ("a receiver", key.key_id)


def test_of_the_future_of_another_case_and_one_too_many_are_refused(world, monkeypatch):
    monkeypatch.setattr("api.callbacks.desk.MOST_KEPT", 5)
    case_id = sent(world)
    tomorrow = (datetime.now(UTC) + timedelta(hours=8)).isoformat()
    with pytest.raises(CaseError, match="offset"):
        take(world, case_id, told("filed", 1, at=tomorrow))
    with pytest.raises(CaseError, match="of case SW-X"):
        take(world, case_id, told("filed", 1, case_id="SW-X"))
    for n in range(5):
        take(world, case_id, told("verified", n))
    with pytest.raises(CaseError, match="no more are taken"):
        take(world, case_id, told("filed", 1))
    other_way = Sender(world.principal(Role.RECEIVER))
    assert take(world, case_id, told("filed", 1), other_way).state == "applied"


def test_receivers_hear_of_it_that_ask_for_it_and_nobody_else(world):
    case_id = sent(world)
    take(world, case_id, told("filed", 1))
    with world.database.read() as session:
        rows = session.execute(
            select(DeliveryRow.receiver, DeliveryRow.type).where(DeliveryRow.case_id == case_id)
        )
        heard = {(receiver, kind.split(".")[2]) for receiver, kind in rows}
    assert heard == {("main", "confirmed"), ("other", "confirmed"), ("main", "filed")}


def test_a_decision_is_not_undone_by_a_case_system(world):
    case_id = sent(world)
    take(world, case_id, told("filed", 1))
    with pytest.raises(CaseError):
        world.step(case_id, {"step": "undo"})
    with pytest.raises(CaseError):
        world.review(case_id, CONFIRM)

"""How people decide: claims, a second reviewer, undo, the false alarms of one camera at once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from api.access.roles import Principal, Role
from api.cases.bulk_rejection import reject_all
from api.cases.case_filter import CaseFilter
from api.cases.claims import ClaimDesk
from api.cases.second_review import step_of
from api.cases.stages import Stage
from api.cases.step_requests import Undo
from api.cases.steps import Step
from api.delivery.outcome import Outcome, Result
from api.delivery.queue import DeliveryQueue
from api.delivery.retry import RetryPolicy
from api.errors import CaseClaimed, IllegalStep
from api.storage.tables import CaseRow, DeliveryRow
from tests.api.world import (
    BIN,
    CONFIRM,
    GARBAGE,
    NOON,
    OFFICER,
    REJECT,
    ROOF,
    SECRET,
    cleared,
    make_event,
    make_site,
    make_world,
    on_map,
    review_desk,
    step_desk,
)
from vision.site.review import LONGEST_CLAIM

LI = Principal("li", "Li", Role.REVIEWER)
WANG = Principal("wang", "Wang", Role.REVIEWER)
FIVE = timedelta(minutes=5)
UNDO = Undo(step=Step.UNDO, reason="slip of the hand")
BAD = Outcome(Result.FAILED, status=500, error="the receiver answered 500")
OK = Outcome(Result.DELIVERED, status=200)
HOOK = {
    "name": "main",
    "url": "http://127.0.0.1:9/",
    "secret": SECRET,
    "stages": ["confirmed", "cleared", "reopened", "rejected"],
}


@pytest.fixture
def world(tmp_path):
    review = {"second": {"kinds": ["illegal_structure"]}, "undo": "60s"}
    made = make_world(make_site(tmp_path, HOOK, review=review))
    yield made
    made.database.close()


def claims(world):
    return ClaimDesk(world.database, FIVE)


def hold(world, who, case_id, *, take_over=False):
    return claims(world).claim(who, case_id, take_over=take_over, reason="on leave")


def set_row(world, case_id, **values):
    with world.database.write() as session:
        session.execute(update(CaseRow).where(CaseRow.id == case_id).values(**values))


def undo(world, case_id, who=LI):
    return step_desk(world.database, world.site).take(who, case_id, UNDO)


def deliveries(world):
    with world.database.read() as session:
        return list(session.scalars(select(DeliveryRow).order_by(DeliveryRow.id)))


# Claims.


def test_who_holds_a_case_decides_and_the_others_are_told_who(world):
    case_id = world.case()
    hold(world, LI, case_id)
    seen = world.read(case_id, WANG)
    assert seen.claimed_by == "Li"
    for request in (CONFIRM, REJECT):
        with pytest.raises(CaseClaimed, match="Li looks at this case until"):
            world.review(case_id, request, WANG)
    with pytest.raises(CaseClaimed):
        hold(world, WANG, case_id)
    claims(world).release(WANG, case_id)
    assert world.read(case_id).claimed_by == "Li", "it is not Wang's to let go"
    done = world.review(case_id, CONFIRM, LI)
    assert (done.stage, done.claimed_by, done.claimed_until) == (Stage.CONFIRMED, None, None)
    with pytest.raises(IllegalStep, match="nobody has to decide"):
        hold(world, WANG, case_id)


def test_a_claim_is_renewed_ends_on_leaving_and_by_time(world):
    case_id = world.case()
    first = hold(world, LI, case_id)
    assert hold(world, LI, case_id).claimed_until > first.claimed_until
    claims(world).release(LI, case_id)
    assert world.read(case_id).claimed_by is None
    hold(world, WANG, case_id)
    set_row(world, case_id, claimed_until=datetime.now(UTC) - timedelta(seconds=1))
    assert world.read(case_id).claimed_by is None
    assert hold(world, LI, case_id).claimed_by == "Li"
    assert [entry.action for entry in world.read(case_id).log] == ["opened"]


def test_a_claim_by_a_clock_that_was_ahead_keeps_nobody_out(world):
    case_id = world.case()
    hold(world, LI, case_id)
    far = datetime.now(UTC) + LONGEST_CLAIM + timedelta(minutes=1)
    set_row(world, case_id, claimed_until=far)
    assert world.review(case_id, CONFIRM, WANG).stage is Stage.CONFIRMED


def test_an_officer_takes_a_case_over_and_the_log_says_so(world):
    case_id = world.case()
    hold(world, LI, case_id)
    hold(world, OFFICER, case_id, take_over=True)
    entry = world.read(case_id).log[-1]
    assert (entry.action, entry.actor, entry.reason) == ("taken_over", "Officer Li", "on leave")
    assert entry.data == {"from": "Li"}
    with pytest.raises(CaseClaimed, match="Officer Li looks"):
        world.review(case_id, CONFIRM, LI)


def test_claims_over_http(world, client):
    case_id = world.case()
    path = f"/v1/cases/{case_id}/claim"
    one, two, officer = client(Role.REVIEWER), client(Role.REVIEWER), client(Role.OFFICER)
    assert one.post(path, json={}).json()["claimed_by"] == "a reviewer"
    assert two.post(path, json={}).status_code == 409
    assert two.post(path, json={"take_over": True}).status_code == 403
    said = two.post(f"/v1/cases/{case_id}/review", json=CONFIRM.model_dump(mode="json"))
    assert said.status_code == 409
    assert "a reviewer looks at this case" in said.json()["detail"]
    (item,) = two.get("/v1/cases").json()["items"]
    assert item["claimed_by"] == "a reviewer"
    assert officer.post(path, json={"take_over": True, "reason": "shift"}).status_code == 200
    assert officer.post(f"/v1/cases/{case_id}/release").status_code == 204
    assert two.post(path, json={}).status_code == 200
    assert client(Role.VIEWER).post(path, json={}).status_code == 403


def test_of_many_who_claim_at_once_one_holds_the_case(world):
    people = [Principal(f"k{n}", f"P{n}", Role.REVIEWER) for n in range(8)]
    for _ in range(10):
        case_id = world.case(kind="dirty_truck", subtype="spill")
        won: list[str] = []
        barrier = threading.Barrier(len(people))

        def work(who: Principal, case_id=case_id, won=won, barrier=barrier) -> None:
            barrier.wait()
            try:
                won.append(hold(world, who, case_id).claimed_by)
            except CaseClaimed:
                return

        threads = [threading.Thread(target=work, args=(who,)) for who in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert won == [world.read(case_id).claimed_by]


# A second reviewer.


def test_nothing_leaves_before_another_person_has_confirmed_too(world):
    case_id = world.case(**ROOF)
    first = world.review(case_id, CONFIRM, LI)
    assert (first.stage, first.review) == (Stage.SECOND_REVIEW, None)
    assert deliveries(world) == []
    assert "confirm" not in first.allowed_steps
    assert {"confirm", "reject"} <= set(world.read(case_id, WANG).allowed_steps)
    for same in (LI, Principal("li-2", " li ", Role.OFFICER)):
        for request in (CONFIRM, REJECT):
            with pytest.raises(IllegalStep, match="another person"):
                world.review(case_id, request, same)
    done = world.review(case_id, CONFIRM, WANG)
    assert done.stage is Stage.CONFIRMED
    assert done.review is not None
    assert done.review.reviewer == "Wang"
    assert [said.reviewer for said in done.reviews] == ["Li", "Wang"]
    assert [entry.action for entry in done.log] == ["opened", "confirmed_first", "confirmed"]
    assert len(deliveries(world)) == 1


def test_a_second_who_does_not_agree_sends_it_back_with_both_shown(world):
    case_id = world.case(**ROOF)
    world.review(case_id, CONFIRM, LI)
    back = world.review(case_id, REJECT, WANG)
    assert (back.stage, back.review) == (Stage.PENDING_REVIEW, None)
    said = [(r.reviewer, r.decision, r.reason) for r in back.reviews]
    assert said == [("Li", "confirm", None), ("Wang", "reject", "false_positive")]
    assert back.log[-1].action == "disagreed"
    assert deliveries(world) == []
    world.review(case_id, CONFIRM, WANG)  # convinced; now it is Li's to follow
    assert world.review(case_id, CONFIRM, LI).stage is Stage.CONFIRMED


def test_one_person_rejects_alone_and_other_kinds_need_one(world):
    assert world.review(world.case(**ROOF), REJECT, LI).stage is Stage.REJECTED
    assert world.review(world.case(**BIN), CONFIRM, LI).stage is Stage.CONFIRMED


def test_a_second_reviewer_by_legal_use(tmp_path):
    site = make_site(tmp_path, review={"second": {"legal_use": ["penalty_evidence"]}})
    made = make_world(site)
    lead, proof = made.case(), made.case(**BIN)
    set_row(made, proof, legal_use="penalty_evidence")
    assert made.review(lead, CONFIRM, LI).stage is Stage.CONFIRMED
    with made.database.write() as session:
        case = session.get_one(CaseRow, proof)
        assert step_of(site.review.second, case, Step.CONFIRM) is Step.CONFIRM_FIRST
    made.database.close()


def test_a_first_confirmation_can_be_undone(world):
    case_id = world.case(**ROOF)
    world.review(case_id, CONFIRM, LI)
    back = undo(world, case_id)
    assert (back.stage, back.reviews) == (Stage.PENDING_REVIEW, [])
    assert back.log[-1].data["undone"] == "confirmed_first"


def test_a_case_for_two_still_takes_sightings_and_clears(world):
    event = make_event(**ROOF)
    case_id = world.take(event)
    world.review(case_id, CONFIRM, LI)
    assert world.take(make_event(at=NOON + timedelta(hours=1), **ROOF)) == case_id
    world.take(cleared(event))
    assert deliveries(world) == []


# Undo.


@pytest.mark.parametrize("request_", [CONFIRM, REJECT], ids=["confirm", "reject"])
def test_a_decision_is_undone_before_anything_has_left(world, request_):
    event = make_event()
    case_id = world.take(event)
    done = world.review(case_id, request_, LI)
    assert done.undo_until is not None
    assert "undo" in done.allowed_steps
    world.take(cleared(event))
    back = undo(world, case_id)
    assert (back.stage, back.review, back.undo_until) == (Stage.PENDING_REVIEW, None, None)
    assert (back.log[-1].action, back.log[-1].reason) == ("undone", "slip of the hand")
    assert deliveries(world) == [], "nobody ever hears of it"
    with pytest.raises(IllegalStep, match="pending_review cannot undo"):
        undo(world, case_id)
    world.review(case_id, CONFIRM, WANG)
    told = [row.type.split(".")[2] for row in deliveries(world)]
    assert told in (["confirmed"], ["confirmed", "cleared"])


def test_what_can_be_undone_is_in_the_outbox_and_waits(world):
    case_id = world.case()
    before = datetime.now(UTC)
    until = world.review(case_id, CONFIRM, LI).undo_until
    (row,) = deliveries(world)
    assert row.next_attempt_at == until
    assert before + timedelta(seconds=60) <= until <= datetime.now(UTC) + timedelta(seconds=60)
    work = DeliveryQueue(world.database, world.site.calendar, "worker")
    assert work.claim("main") is None
    assert work.next_due("main") == until


@pytest.mark.parametrize("outcome", [BAD, OK, None], ids=["failed", "sent", "on its way"])
def test_what_has_begun_to_leave_cannot_be_undone(world, outcome):
    case_id = world.case()
    world.review(case_id, CONFIRM, LI)
    with world.database.write() as session:
        session.execute(update(DeliveryRow).values(next_attempt_at=datetime.now(UTC)))
    work = DeliveryQueue(world.database, world.site.calendar, "worker")
    claim = work.claim("main")
    if outcome is not None:
        work.settle(claim, outcome, RetryPolicy())
    stage = world.read(case_id).stage
    with pytest.raises(IllegalStep):
        undo(world, case_id)
    assert world.read(case_id).stage is stage
    assert len(deliveries(world)) == 1


def test_a_decision_is_undone_by_who_made_it_or_an_officer_and_in_time(world):
    case_id = world.case()
    world.review(case_id, CONFIRM, LI)
    assert "undo" not in world.read(case_id, WANG).allowed_steps
    with pytest.raises(IllegalStep, match="Li decided this"):
        undo(world, case_id, WANG)
    assert undo(world, case_id, OFFICER).stage is Stage.PENDING_REVIEW
    world.review(case_id, REJECT, LI)
    set_row(world, case_id, undo_until=datetime.now(UTC))
    assert "undo" not in world.read(case_id, LI).allowed_steps
    with pytest.raises(IllegalStep, match="too long ago"):
        undo(world, case_id)


# One camera's false alarms.


def test_the_false_alarms_of_a_camera_are_rejected_with_one_reason(client, world):
    trucks = [world.case(kind="dirty_truck", subtype="spill") for _ in range(3)]
    south = world.case(zone="south")
    other = world.case(camera="yard", zone="whole picture")
    kept = world.case(**BIN)
    world.review(kept, CONFIRM, LI)
    claimed = world.case(kind="dirty_truck", subtype="spill")
    hold(world, LI, claimed)
    http = client(Role.REVIEWER)
    ask = {"camera": "gate", "reason": "false_positive", "note": "rain on the lens"}
    answer = http.post("/v1/cases/reject", json=ask | {"kind": "dirty_truck", "limit": 2})
    assert answer.json() == {"rejected": [trucks[2]], "left": [claimed]}
    answer = http.post("/v1/cases/reject", json=ask | {"zone": "south"})
    assert answer.json() == {"rejected": [south], "left": []}
    answer = http.post("/v1/cases/reject", json=ask | {"since": "2026-05-21T05:00:00Z"})
    assert answer.json() == {"rejected": [], "left": []}
    answer = http.post("/v1/cases/reject", json=ask | {"only": [trucks[1], other]})
    assert answer.json() == {"rejected": [trucks[1]], "left": [claimed, trucks[0]]}
    answer = http.post("/v1/cases/reject", json=ask)
    assert answer.json() == {"rejected": [trucks[0]], "left": [claimed]}
    for case_id in (*trucks, south):
        case = world.read(case_id)
        assert (case.stage, case.review.reason) == (Stage.REJECTED, "false_positive")
        assert [entry.action for entry in case.log] == ["opened", "rejected"]
        assert case.log[-1].data["note"] == "rain on the lens"
    assert world.read(other).stage is Stage.PENDING_REVIEW
    assert world.read(kept).stage is Stage.CONFIRMED
    undo(world, trucks[0], OFFICER)
    assert world.read(trucks[0]).stage is Stage.PENDING_REVIEW
    assert http.post("/v1/cases/reject", json={"camera": "gate"}).status_code == 422


def test_a_bulk_rejection_keeps_to_the_keys_scope_and_to_what_one_camera_saw(tmp_path):
    made = make_world(make_site(tmp_path, drones=1))
    roof = made.case(where=on_map(0), **ROOF)
    seen = make_event(camera="drone-1", zone="whole picture", where=on_map(2), **ROOF)
    assert made.take(seen) == roof
    garbage = made.case(**GARBAGE)
    assert made.read(garbage).stage is Stage.INHIBITED
    wanted = CaseFilter(camera="gate", stages=[Stage.PENDING_REVIEW])
    desk = review_desk(made.database, made.site)

    def reject(who):
        return reject_all(made.database, desk, who, wanted, REJECT, limit=10)

    assert reject(LI).model_dump() == {"rejected": [], "left": [roof]}
    alone = made.case()
    scoped = Principal("y", "Y", Role.REVIEWER, cameras=frozenset({"yard"}))
    trucks = Principal("t", "T", Role.REVIEWER, kinds=frozenset({"dirty_truck"}))
    for who in (scoped, trucks):
        assert reject(who).model_dump() == {"rejected": [], "left": []}
    assert reject(LI).rejected == [alone]
    made.database.close()

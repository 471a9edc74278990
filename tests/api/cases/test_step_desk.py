"""Steps of a case's life over HTTP and in the desk: logged, announced, refused in words."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from pydantic import TypeAdapter
from sqlalchemy import select

from api.access.roles import Role
from api.cases.stages import Stage
from api.cases.step_requests import StepRequest
from api.delivery.outcome import Outcome, Result
from api.delivery.queue import DeliveryQueue
from api.delivery.retry import RetryPolicy
from api.storage.tables import DeliveryRow
from tests.api.world import (
    BIN,
    CONFIRM,
    GARBAGE,
    NOON,
    ROOF,
    SECRET,
    cleared,
    make_event,
    make_site,
    make_world,
    step_desk,
)

HOUR = timedelta(hours=1)
TOLD = {
    "said": "Please clear the pavement by noon.",
    "at": "2026-05-21T04:10:00Z",
    "where": "Market gate, stall 14",
    "way": "loudspeaker",
    "gateway": "gate loudspeaker 2",
    "answer": "Moves on at noon.",
}
DATA = {
    "emit": {"to": "district case office"},
    "file": {"task_no": "RW-1", "file_no": "AJ-1"},
    "dispatch": {"to": "sanitation, north"},
    "notice": TOLD,
    "give_grace": {"until": "2026-05-21T06:00:00+00:00"},
    "reobserve": {"at": "2026-05-21T06:05:00Z", "still_there": False},
    "transfer": {"to": "traffic police"},
    "close": {"outcome": "corrected"},
    "permit_check": {
        "asked": "planning bureau",
        "by": "Zhang Min",
        "at": "2026-05-21T04:10:00Z",
        "result": "no_permit",
    },
    "legal_review": {
        "by": "legal office",
        "approved": True,
        "opinion": "well founded",
        "document_no": "F-12",
    },
}
ALL = ["confirmed", "cleared", "reopened", "filed", "dispatched", "handled", "verified"]
ALL += ["returned", "noticed", "grace", "reobserved", "accepted", "transferred", "closed"]
ALL += ["supervised", "supervision_ended", "appealed", "upheld"]
WORK_ORDER = ["emit", "file", "dispatch", "handle", "verify"]
ENFORCEMENT = ["emit", "notice", "give_grace", "reobserve"]


def body(step: str, **data: object) -> dict[str, object]:
    """A complete request for a step."""
    given = DATA.get(step, {}) | data
    said = {"step": step, "reason": f"why {step}", "note": f"how {step}"}
    return said | ({"data": given} if given else {})


@pytest.fixture
def world(tmp_path):
    hook = {"name": "main", "url": "http://127.0.0.1:9/", "secret": SECRET, "stages": ALL}
    made = make_world(make_site(tmp_path, hook))
    yield made
    made.database.close()


@pytest.fixture
def officer(client):
    return client(Role.OFFICER)


def confirmed(world, **changes):
    event = make_event(**(changes or BIN))
    case_id = world.take(event)
    world.review(case_id, CONFIRM)
    return case_id, event


def take(world, case_id, step, who=None, **data):
    request = TypeAdapter(StepRequest).validate_python(body(step, **data))
    return step_desk(world.database, world.site).take(who or world.officer, case_id, request)


def told(world):
    with world.database.read() as session:
        rows = session.scalars(select(DeliveryRow).order_by(DeliveryRow.id))
        return [row.type.split(".")[2] for row in rows]


@pytest.mark.parametrize(
    ("steps", "stages", "outcome"),
    [
        ([*WORK_ORDER, "close"], ["filed", "dispatched", "handled", "verified"], "corrected"),
        (
            [*WORK_ORDER, "return", *WORK_ORDER[2:], "close"],
            ["filed", "dispatched", "handled", "verified", "returned", "dispatched", "handled",
             "verified"],
            "corrected",
        ),
        ([*ENFORCEMENT, "close"], ["noticed", "grace", "reobserved"], "corrected"),
        (["emit", "transfer", "return", "dispatch", "withdraw"],
         ["transferred", "returned", "dispatched"], "withdrawn"),
    ],
)  # fmt: skip
def test_a_case_lives_through_either_branch_and_every_step_is_logged_and_told(
    world, officer, steps, stages, outcome
):
    case_id, _ = confirmed(world)
    for step in steps:
        seen = officer.get(f"/v1/cases/{case_id}").json()
        assert step in seen["allowed_steps"]
        answer = officer.post(f"/v1/cases/{case_id}/steps", json=body(step))
        assert answer.status_code == 200, answer.text
    case = answer.json()
    assert (case["stage"], case["outcome"]) == ("closed", outcome)
    life = case["log"][2:]
    assert [entry["data"]["step"] for entry in life] == steps
    assert [entry["stage"] for entry in life] == ["emitted", *stages, "closed"]
    for step, entry in zip(steps, life, strict=True):
        assert (entry["actor"], entry["reason"]) == ("a officer", f"why {step}")
        assert entry["key_id"]
        assert entry["data"] == {"step": step, "note": f"how {step}"} | DATA.get(step, {})
    assert told(world) == ["confirmed", *stages, "closed"]


def test_numbers_and_flags_stand_beside_the_stage_and_are_sent(world):
    case_id, _ = confirmed(world)
    take(world, case_id, "emit")
    filed = take(world, case_id, "file")
    assert (filed.task_no, filed.file_no) == ("RW-1", "AJ-1")
    case = take(world, case_id, "supervise")
    assert (case.stage, case.supervised is not None) == (Stage.FILED, True)
    assert "supervise" not in case.allowed_steps
    assert "end_supervision" in case.allowed_steps
    assert take(world, case_id, "end_supervision").supervised is None
    assert take(world, case_id, "appeal").appealed is not None
    assert take(world, case_id, "uphold").appealed is None
    take(world, case_id, "withdraw")
    assert take(world, case_id, "appeal").appealed is not None, "also of a closed case"
    over = take(world, case_id, "overturn")
    assert (over.stage, over.outcome, over.appealed) == (Stage.CLOSED, "overturned", None)
    assert over.allowed_steps == []
    assert told(world) == [
        *("confirmed", "filed", "supervised", "supervision_ended", "appealed", "upheld"),
        *("closed", "appealed", "closed"),
    ]


@pytest.mark.parametrize(
    ("done", "refused", "said"),
    [
        (["emit"], "uphold", "record the appeal first"),
        (["emit"], "end_supervision", "not under supervision"),
        (["emit", "supervise"], "supervise", "already"),
        (["emit", "appeal"], "appeal", "being heard already"),
        (["emit", "overturn"], "overturn", "overturned already"),
        (["emit", "overturn"], "appeal", "overturned already"),
        (["emit"], "close", "choose from no_legal_basis, permitted"),
        (["emit"], "accept", "the order to correct comes first"),
        (["emit"], "handle", "possible now: file (admin, officer, receiver)"),
        ([], "undo", "too long ago"),
    ],
)
def test_what_a_case_does_not_allow_is_409_with_what_it_does(world, officer, done, refused, said):
    case_id, _ = confirmed(world)
    for step in done:
        take(world, case_id, step)
    before = officer.get(f"/v1/cases/{case_id}").json()
    answer = officer.post(f"/v1/cases/{case_id}/steps", json=body(refused))
    assert answer.status_code == 409
    problem = answer.json()
    assert said in problem["detail"]
    if refused != "close":
        assert set(before["allowed_steps"]) <= set(problem["possible"])
    assert officer.get(f"/v1/cases/{case_id}").json() == before, "nothing was kept"


def test_who_may_not_is_told_who_may(world, client):
    case_id, _ = confirmed(world)
    reviewer = client(Role.REVIEWER)
    assert reviewer.get(f"/v1/cases/{case_id}").json()["allowed_steps"] == []
    answer = reviewer.post(f"/v1/cases/{case_id}/steps", json=body("emit"))
    assert answer.status_code == 403
    assert "emit is for admin, officer, receiver, streetwarden" in answer.json()["detail"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"step": "file", "data": {}},
        {"step": "file", "data": {"task_no": "  "}},
        {"step": "file"},
        {"step": "handle"},
        {"step": "handle", "note": " "},
        {"step": "dispatch", "data": {"to": ""}},
        {"step": "notice", "data": {k: v for k, v in TOLD.items() if k != "said"}},
        {"step": "notice", "data": TOLD | {"at": "2026-05-21T04:10:00"}},
        {"step": "notice", "data": TOLD | {"at": 1}},
        {"step": "notice", "data": TOLD | {"way": "pigeon"}},
        {"step": "reobserve", "data": {"at": "2026-05-21T04:10:00Z"}},
        {"step": "close", "data": {"outcome": "withdrawn"}},
        {"step": "close", "data": {}},
        {"step": "transfer", "data": {"to": "police"}},
        *({"step": s} for s in ("return", "withdraw", "overturn", "appeal", "uphold")),
        *({"step": s} for s in ("supervise", "end_supervision", "confirm", "silence", "fly")),
        {"step": "verify", "data": {"to": "x"}},
    ],
    ids=str,
)
def test_a_step_without_what_it_needs_is_refused(world, officer, wrong):
    case_id, _ = confirmed(world)
    answer = officer.post(f"/v1/cases/{case_id}/steps", json=wrong)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"].startswith("/body")


def test_a_call_back_of_the_case_system_may_come_before_the_outbox_has_noted_it(world):
    """The receiver's own key: it tells that it has the case, then what it did."""
    case_id, _ = confirmed(world)
    receiver = world.principal(Role.RECEIVER)
    take(world, case_id, "emit", receiver)
    take(world, case_id, "file", receiver)
    work = DeliveryQueue(world.database, world.site.calendar, "late")
    work.settle(work.claim("main"), Outcome(Result.DELIVERED, status=200), RetryPolicy())
    case = world.read(case_id)
    assert case.stage is Stage.FILED
    assert [e.action for e in case.log] == ["opened", "confirmed", "emitted", "filed"]
    assert [e.actor for e in case.log[2:]] == ["a receiver"] * 2


@pytest.mark.parametrize("steps", [WORK_ORDER, ENFORCEMENT, ["emit", "transfer", "return"]])
def test_what_comes_back_before_it_is_closed_is_reopened_and_keeps_its_stage(world, steps):
    case_id, event = confirmed(world, kind="street_vending", subtype="stall")
    world.take(cleared(event))
    for step in steps:
        take(world, case_id, step)
    stage = world.read(case_id).stage
    assert world.take(make_event(at=NOON + HOUR)) == case_id
    case = world.read(case_id)
    assert (case.stage, case.log[-1].action) == (stage, "reopened")
    assert told(world)[-1] == "reopened", "whose case it is decides whether it goes back"


def test_what_comes_back_after_it_was_closed_is_a_new_case_that_knows_it(world):
    event = make_event()
    first = world.take(event)
    world.review(first, CONFIRM)
    for step in [*ENFORCEMENT, "close"]:
        take(world, first, step, outcome="persuaded") if step == "close" else take(
            world, first, step
        )
    again = world.take(make_event(at=NOON + HOUR))
    assert again != first
    assert world.read(again).prior_cases == [first]
    world.take(cleared(event))
    assert told(world)[-1] == "cleared", "the first one's end is still told"


@pytest.mark.parametrize("outcome", ["withdraw", "overturn", "permitted", "no_legal_basis"])
def test_a_case_without_a_violation_is_nobodys_earlier_one(world, outcome):
    first, event = confirmed(world, kind="street_vending", subtype="stall")
    world.take(cleared(event))
    take(world, first, "emit")
    if outcome in {"withdraw", "overturn"}:
        take(world, first, outcome)
    else:
        take(world, first, "close", outcome=outcome)
    again = world.take(make_event(at=NOON + HOUR))
    assert again != first
    assert world.read(again).prior_cases == []


@pytest.mark.parametrize(("days", "same"), [(6, True), (8, False)])
@pytest.mark.parametrize("steps", [["emit", "file", "dispatch"], ENFORCEMENT])
def test_a_case_in_the_case_systems_hands_swallows_nothing_beyond_its_horizon(
    world, steps, days, same
):
    first, _ = confirmed(world)
    for step in steps:
        take(world, first, step)
    again = world.case(at=NOON + days * 24 * HOUR, **BIN)
    assert (again == first) is same
    assert same or world.read(again).prior_cases == [first]


def test_a_closed_case_inhibits_nothing_any_more(world):
    roof, _ = confirmed(world, **ROOF)
    garbage = world.case(**GARBAGE)
    assert world.read(garbage).stage is Stage.INHIBITED
    take(world, roof, "emit")
    assert world.read(garbage).stage is Stage.INHIBITED, "it is open still"
    take(world, roof, "close", outcome="permitted")
    assert world.read(garbage).stage is Stage.PENDING_REVIEW
    other = world.case(at=NOON + HOUR, box=(0.6, 0.1, 0.7, 0.2), **GARBAGE)
    assert world.read(other).stage is Stage.PENDING_REVIEW


def test_cases_are_listed_by_every_stage(world, officer: httpx.Client):
    case_id, _ = confirmed(world)
    for step in [*WORK_ORDER, "close"]:
        take(world, case_id, step)
        stage = world.read(case_id).stage.value
        page = officer.get("/v1/cases", params={"stage": stage}).json()
        assert [item["case_id"] for item in page["items"]] == [case_id]
    for stage in Stage:
        assert officer.get("/v1/cases", params={"stage": stage.value}).status_code == 200

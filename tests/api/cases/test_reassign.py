"""A case goes to another division: who sees it then, who is told, what ends and what stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from api.access.roles import Principal, Role
from api.callbacks.desk import CallbackDesk, Sender
from api.callbacks.requests import PlainCallback
from api.cases.emission import emit, moved_on
from api.cases.step_desk import StepDesk
from api.delivery.events import Announcer
from api.errors import IllegalStep, StepForbidden, UnknownCase
from api.http.app import create_app
from api.live.log_reader import LogReader
from api.storage.tables import CaseRow, DeliveryRow
from tests.api.world import (
    CONFIRM,
    NOON,
    OFFICER,
    SECRET,
    STEP,
    World,
    make_event,
    make_site,
    make_world,
    review_desk,
    served,
    step_desk,
    store_pictures,
)

HERE, THERE = "421303001", "421321100"
WEST = Principal("w", "Officer West", Role.OFFICER, divisions=frozenset({"421303"}))
EAST = Principal("e", "Officer East", Role.OFFICER, divisions=frozenset({"421321"}))
CITY = Principal("c", "City", Role.AUDITOR, divisions=frozenset({"4213"}))
GO = STEP.validate_python(
    {
        "step": "reassign",
        "reason": "the stall stands across the river",
        "data": {"division": THERE, "department": {"code": "11421321", "name": "Suixian"}},
    }
)


def hook(name: str, *divisions: str, **more: Any) -> dict[str, Any]:
    url = f"https://{name}.example/hook"
    return {"name": name, "url": url, "secret": SECRET, "divisions": list(divisions), **more}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    root = tmp_path_factory.mktemp("reassign")
    site = make_site(
        root,
        hook("west", "421303", stages=["confirmed"]),
        hook("east", "421321"),
        hook("city", "421300", stages=["cleared"]),
        division=HERE,
        divisions=[
            {"code": THERE, "zh": "厉山镇", "en": "Lishan"},
            {"code": "4213", "zh": "随州市"},
        ],
    )
    made = make_world(site)
    yield made
    made.database.close()


_DAYS = count()


def raised(world: World) -> str:
    """A case of its own: what is seen on another day is no sighting of the one before."""
    event = make_event(at=NOON + timedelta(days=2 * next(_DAYS)))
    case_id = world.intake.take(event, store_pictures(world.evidence, event))
    assert case_id is not None
    return case_id


def told(world: World, case_id: str) -> list[tuple[str, str]]:
    query = select(DeliveryRow.receiver, DeliveryRow.type).where(DeliveryRow.case_id == case_id)
    with world.database.read() as session:
        rows = session.execute(query.order_by(DeliveryRow.id)).all()
    return [(receiver, kind.split(".")[2]) for receiver, kind in rows]


def decided(world: World, steps: list[dict[str, Any]]) -> str:
    """A case of HERE that a person confirmed, its receiver told, and these steps taken."""
    case_id = raised(world)
    review_desk(world.database, world.site).review(OFFICER, case_id, CONFIRM)
    with world.database.write() as session:
        for row in session.scalars(select(DeliveryRow).where(DeliveryRow.case_id == case_id)):
            row.attempts, row.state = 1, "delivered"
    for step in steps:
        step_desk(world.database, world.site).take(OFFICER, case_id, STEP.validate_python(step))
    return case_id


FILED = [
    {"step": "emit", "data": {"to": "west"}},
    {"step": "file", "data": {"task_no": "RW-1", "file_no": "AJ-1"}},
]


def test_a_waiting_case_waits_on_there_and_nobody_is_told(world: World) -> None:
    case_id = raised(world)
    desk = step_desk(world.database, world.site)
    with world.database.write() as session:
        case = session.get_one(CaseRow, case_id)
        case.claimed_by, case.claimed_key, case.claimed_until = "Li", "k", NOON
    moved = desk.take(WEST, case_id, GO)
    assert (moved.stage, moved.where.division) == ("pending_review", THERE)
    assert moved.where.department == {"code": "11421321", "name": "Suixian"}
    assert moved.claimed_by is None
    entry = moved.log[-1]
    assert (entry.action, entry.actor, entry.reason) == (
        "reassigned",
        "Officer West",
        "the stall stands across the river",
    )
    assert entry.data["was"]["from"] == HERE
    assert entry.data["division"] == THERE
    assert told(world, case_id) == []
    with pytest.raises(UnknownCase):  # it is not theirs any more: not even to take it back
        desk.take(WEST, case_id, GO)
    with pytest.raises(IllegalStep, match="in division 421321100 already"):
        desk.take(EAST, case_id, GO)


@pytest.mark.parametrize(
    ("to", "why"), [("4401", "knows no division 4401"), (HERE, "in division 421303001 already")]
)
def test_a_case_goes_nowhere_that_the_site_does_not_know(world: World, to: str, why: str) -> None:
    case_id = raised(world)
    wrong = STEP.validate_python({"step": "reassign", "reason": "?", "data": {"division": to}})
    with pytest.raises(IllegalStep, match=why):
        step_desk(world.database, world.site).take(WEST, case_id, wrong)
    reviewer = Principal("r", "Reviewer", Role.REVIEWER)
    with pytest.raises(StepForbidden):
        step_desk(world.database, world.site).take(reviewer, case_id, GO)


def test_a_filed_case_begins_as_confirmed_there_and_both_sides_are_told(world: World) -> None:
    case_id = decided(world, FILED)
    moved = step_desk(world.database, world.site).take(WEST, case_id, GO)
    assert (moved.stage, moved.task_no, moved.file_no) == ("confirmed", None, None)
    assert moved.log[-1].data["was"]["task_no"] == "RW-1"
    # Who had it is told whatever it asked for; the city's asked for neither.
    assert told(world, case_id) == [
        ("west", "confirmed"),
        ("west", "reassigned"),
        ("east", "confirmed"),
    ]
    with world.database.read() as session:
        rows = session.scalars(select(DeliveryRow).where(DeliveryRow.type.contains("reassigned")))
        (body,) = [json.loads(row.body)["data"] for row in rows]
    assert not {"evidence", "review", "plate"} & set(body), "no business of theirs any more"


def test_nobody_is_told_who_was_not_told_yet(world: World) -> None:
    case_id = raised(world)
    review_desk(world.database, world.site).review(OFFICER, case_id, CONFIRM)
    step_desk(world.database, world.site).take(WEST, case_id, GO)
    assert told(world, case_id) == [("east", "confirmed")]


def test_the_former_receiver_says_nothing_of_it_any_more(world: World) -> None:
    case_id = decided(world, FILED[:1])
    announce = Announcer(world.site).announce
    desk = CallbackDesk(world.database, world.site, announce)
    west, east = Sender.signed(("west",)), Sender.signed(("east",))
    waits = PlainCallback(id="early", event="handled", at=NOON)
    assert desk.take(west, case_id, "early", waits).state == "waiting"
    then = StepDesk(world.database, world.site, announce, Announcer.recall, desk.settle)
    assert then.take(WEST, case_id, GO).stage == "confirmed"
    with world.database.read() as session:
        log = session.get_one(CaseRow, case_id).log
        assert log[-1].action == "callback_overtaken", "what it had said before counts no more"
    with pytest.raises(UnknownCase):
        desk.take(west, case_id, "late", PlainCallback(id="late", event="withdrawn", at=NOON))
    with pytest.raises(UnknownCase):  # the new one only once it was told
        desk.take(east, case_id, "soon", PlainCallback(id="soon", event="withdrawn", at=NOON))


def test_a_late_answer_of_the_former_receiver_does_not_hand_the_case_over(world: World) -> None:
    case_id = decided(world, [])
    before = datetime.now(UTC) - timedelta(seconds=1)
    with world.database.read() as session:
        assert not moved_on(session, case_id, before)
    step_desk(world.database, world.site).take(WEST, case_id, GO)
    with world.database.write() as session:
        assert moved_on(session, case_id, before)
        assert not moved_on(session, case_id, datetime.now(UTC))
        calendar = world.site.calendar
        emit(session, case_id, "east", "e", calendar=calendar, now=datetime.now(UTC))
        assert session.get_one(CaseRow, case_id).stage == "emitted"


def test_both_divisions_are_told_live_and_nobody_beside_them(world: World) -> None:
    reader = LogReader(world.database)
    head = reader.head()
    case_id = raised(world)
    step_desk(world.database, world.site).take(WEST, case_id, GO)
    opened, moved = reader.between(head, None, 10)
    beside = Principal("b", "Beside", Role.VIEWER, divisions=frozenset({"421302"}))
    assert [moved.event_for(who) is not None for who in (WEST, EAST, CITY, beside)] == [
        *(True, True, True, False)
    ]
    assert opened.event_for(EAST) is not None, "what was before goes by where it is now"
    assert opened.event_for(WEST) is None


def test_over_http_who_gave_it_away_keeps_that_it_went_and_no_more(
    world: World, tmp_path: Path
) -> None:
    case_id = decided(world, FILED)

    def of(division: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {world.key(Role.OFFICER, divisions=[division])}"}

    with served(create_app(world.site, world.database, world.evidence)) as address:
        west, east, city, beside = (
            httpx.Client(base_url=address, headers=of(code), trust_env=False, timeout=60)
            for code in ("421303", "421321", "421300", "421302")
        )
        body = GO.model_dump(mode="json")
        assert west.post(f"/v1/cases/{case_id}/steps", json=body).status_code == 200
        assert west.get(f"/v1/cases/{case_id}").status_code == 404
        assert east.get(f"/v1/cases/{case_id}").json()["where"]["division"] == THERE
        assert city.get(f"/v1/cases/{case_id}").status_code == 200
        for client, sees in ((west, True), (east, True), (city, True), (beside, False)):
            listed = client.get("/v1/transfers", params={"limit": 200}).json()["items"]
            mine = [one for one in listed if one["case_id"] == case_id]
            assert bool(mine) is sees
            assert all((m["from_division"], m["to_division"]) == (HERE, THERE) for m in mine)
        first = city.get("/v1/transfers", params={"limit": 1}).json()
        rest = city.get("/v1/transfers", params={"limit": 200, "cursor": first["next"]}).json()
        assert first["items"][0]["no"] > rest["items"][0]["no"]
        found = [
            {c["case_id"] for c in city.get("/v1/cases", params={"division": d}).json()["items"]}
            for d in ("420000", "4213", "421321", THERE, "421303", "421302")
        ]
        assert [case_id in some for some in found] == [True, True, True, True, False, False]
        queued = {
            d: city.get("/v1/queue", params={"division": d}).json()["total"]
            for d in ("4213", "421321", "421303", "421302")
        }
        assert queued["4213"] == queued["421321"] + queued["421303"]
        assert queued["421302"] == 0 < queued["421321"]
        tree = {one["code"]: one for one in west.get("/v1/divisions").json()["items"]}
        assert list(tree) == ["42", "4213", "421303", HERE, "421321", THERE]
        assert tree[THERE] == {
            "code": THERE,
            "level": "street",
            "within": "421321",
            "zh": "厉山镇",
            "en": "Lishan",
            "seen": False,
            "target": True,
        }
        assert (tree["421303"]["seen"], tree["4213"]["target"]) == (True, True)
        assert west.get("/v1/cases", params={"division": "42130"}).status_code == 422
        for client in (west, east, city, beside):
            client.close()

"""A truck's number plate on its case: a suggestion, what a person says, who sees it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError

from api.access.roles import Role
from api.cases.plates import PlateDesk
from api.cases.requests import PlateRequest
from api.errors import IllegalStep
from api.evidence.scope import Scope
from api.evidence.verify import verify
from api.reports.desk import ReportDesk
from api.storage.tables import CaseRow, DeliveryRow
from tests.api.evidence.packing import lines_of, pack, taken_apart
from tests.api.world import (
    CONFIRM,
    NOON,
    OFFICER,
    SECRET,
    cleared,
    make_event,
    make_site,
    make_world,
    store_pictures,
)
from vision.evidence import EvidenceRole
from vision.plates import PlateReading

TRUCK = {"kind": "dirty_truck", "subtype": "not_sealed"}
READ = PlateReading("鄂A12345", (0.9,) * 7, "yellow")
HOOK = {"url": "https://a.example/in", "secret": SECRET, "stages": ["confirmed"]}


@pytest.fixture
def world(tmp_path):
    register = tmp_path / "companies.csv"
    register.write_text("plate,company\n鄂A12345,Hongda\n鄂A12346,Yuanda\n")
    fields = ["subtype", "plate"]
    site = make_site(
        tmp_path,
        {"name": "all", **HOOK},
        {"name": "plates", "fields": fields, **HOOK},
        plates={"read": True, "companies": str(register)},
    )
    made = make_world(site)
    yield made
    made.database.close()


def take(world, *readings, event=None):
    """A case of a truck, with what was read in pictures of it; the event too."""
    event = event or make_event(**TRUCK)
    items = store_pictures(world.evidence, event)
    for n, reading in enumerate(readings):
        content = f"{event.episode.id} {event.episode.stage} {n}".encode()
        subject = replace(
            items[1],
            sha256=world.evidence.put(content),
            size=len(content),
            role=EvidenceRole.SUBJECT,
            plate=reading,
        )
        items.append(subject)
    return world.intake.take(event, items), event


def say(world, case_id, text, who=OFFICER, note=""):
    desk = PlateDesk(world.database, world.site)
    return desk.say(who, case_id, PlateRequest(text=text, note=note))


def test_what_was_read_stands_on_the_case_as_a_suggestion(world):
    case_id, _ = take(world, READ)
    case = world.read(case_id)
    plate = case.plate
    assert (plate.text, plate.confidence, plate.colour, plate.looks) == (
        "鄂A12345",
        0.9,
        "yellow",
        1,
    )
    assert plate.read_by == "PP-OCRv6 small"
    assert plate.best in {e.sha256 for e in case.evidence if e.role is EvidenceRole.SUBJECT}
    assert plate.said is None
    with world.database.read() as session:
        assert session.get_one(CaseRow, case_id).company is None  # nothing follows from a reading


def test_the_looks_of_a_pass_vote_and_later_ones_join(world):
    unsure = PlateReading("豫A12345", (0.4, *(0.9,) * 6), "yellow")
    case_id, event = take(world, unsure, READ)
    assert world.read(case_id).plate.text == "鄂A12345"
    surer = PlateReading("鄂A12346", (0.99,) * 7, "yellow")
    take(world, surer, event=cleared(event))
    plate = world.read(case_id).plate
    assert (plate.text, plate.looks) == ("鄂A12345", 3)
    best = next(e for e in world.read(case_id).evidence if e.sha256 == plate.best)
    assert best.moment == "cleared"
    take(world, surer, event=cleared(event))  # again changes nothing
    assert world.read(case_id).plate == plate


def test_the_log_says_that_one_was_read_but_not_what(world):
    case_id, _ = take(world, READ)
    entry = world.read(case_id).log[-1]
    assert (entry.action, entry.actor, entry.data["looks"]) == ("plate_read", "pipeline", 1)
    assert "12345" not in json.dumps([e.data for e in world.read(case_id).log])


@pytest.mark.parametrize(
    ("text", "action", "stands", "company"),
    [
        ("鄂a·12345", "plate_confirmed", "鄂A12345", "Hongda"),
        ("鄂A12346", "plate_corrected", "鄂A12346", "Yuanda"),
        ("鄂A99999", "plate_corrected", "鄂A99999", None),
        (None, "plate_illegible", None, None),
    ],
)
def test_a_person_says_what_it_is_and_both_are_kept(world, text, action, stands, company):
    case_id, _ = take(world, READ)
    case = say(world, case_id, text, note="seen by the weighbridge")
    assert (case.plate.text, case.plate.said.text) == ("鄂A12345", stands)
    assert (case.plate.said.by, case.plate.said.company) == ("Officer Li", company)
    entry = case.log[-1]
    assert (entry.action, entry.actor, entry.key_id) == (action, "Officer Li", "0")
    assert entry.data == {
        "text": stands,
        "read": "鄂A12345",
        "before": None,
        "company": company,
        "note": "seen by the weighbridge",
    }
    again = say(world, case_id, "鄂A12345")
    assert again.log[-1].data["before"] == stands
    assert (again.stage, again.review) == ("pending_review", None)  # it decides nothing


def test_a_plate_that_nothing_was_read_of_can_be_said(world):
    case_id, _ = take(world)
    assert world.read(case_id).plate is None
    plate = say(world, case_id, "鄂A12346").plate
    assert (plate.text, plate.looks, plate.said.text) == (None, 0, "鄂A12346")
    with pytest.raises(ValidationError, match="no number plate"):
        PlateRequest(text="12345")
    stall = world.case()
    with pytest.raises(IllegalStep, match="about no truck"):
        say(world, stall, "鄂A12346")


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        (Role.VIEWER, False),
        (Role.AUDITOR, False),
        (Role.REVIEWER, True),
        (Role.OFFICER, True),
        (Role.ADMIN, True),
    ],
)
def test_it_is_for_those_who_decide_about_cases(world, role, sees):
    case_id, _ = take(world, READ)
    say(world, case_id, "鄂A12346")
    case = world.read(case_id, world.principal(role))
    told = case.model_dump_json()
    assert (case.plate is not None, "A1234" in told, "Yuanda" in told) == (sees, sees, sees)


def test_it_leaves_in_no_package_but_the_officers(world):
    case_id, _ = take(world, READ)
    say(world, case_id, "鄂A12346")
    world.review(case_id, CONFIRM)
    for scope, holds in ((Scope.OFFICER, True), (Scope.RECEIVER, False), (Scope.PUBLIC, False)):
        path, _ = pack(world, case_id, scope, name=f"{scope}.zip")
        members = taken_apart(path)
        texts = b"".join(c for n, c in members.items() if n.endswith(("json", "jsonl", "html")))
        assert (b"A12346" in texts) is holds, scope
        assert verify(path).holds, scope
        kept = [line["record"] for line in lines_of(members)]
        assert (None in kept) is (scope is not Scope.OFFICER)


def test_a_receiver_gets_it_only_where_it_asks(world):
    case_id, _ = take(world, READ)
    say(world, case_id, "鄂A12346")
    world.review(case_id, CONFIRM)
    with world.database.read() as session:
        sent = {row.receiver: json.loads(row.body)["data"] for row in session.query(DeliveryRow)}
    assert "plate" not in sent["all"]
    assert "12346" not in json.dumps(sent["all"])
    assert sent["plates"]["plate"]["said"]["text"] == "鄂A12346"


def test_over_http(world, client):
    case_id, _ = take(world, READ)
    path = f"/v1/cases/{case_id}/plate"
    assert client(Role.VIEWER).post(path, json={"text": "鄂A12346"}).status_code == 403
    reviewer = client(Role.REVIEWER)
    wrong = reviewer.post(path, json={"text": "A1"})
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "plate_form")
    answer = reviewer.post(path, json={"text": "鄂A12346"})
    assert (answer.status_code, answer.json()["plate"]["said"]["by"]) == (200, "a reviewer")
    assert client(Role.VIEWER).get(f"/v1/cases/{case_id}").json()["plate"] is None
    listed = client(Role.VIEWER).get("/v1/cases").json()["items"]
    assert [item["plate"] for item in listed] == [None]


def test_a_company_counts_what_a_person_has_said_is_its(world):
    for n, plate in enumerate(["鄂A12345", "鄂A12345", "鄂A12346", "鄂A99999"]):
        case_id, _ = take(world, READ, event=make_event(at=NOON + timedelta(days=n), **TRUCK))
        say(world, case_id, plate)
        world.review(case_id, CONFIRM)
    take(world, READ, event=make_event(at=NOON + timedelta(days=9), **TRUCK))  # nobody said
    desk = ReportDesk(world.database, world.site)
    report = desk.report(OFFICER, desk.period(None))
    counts = {
        row.key: (row.counts["opened"], row.counts["confirmed"])
        for row in report.rows
        if row.by == "company"
    }
    assert counts == {"Hongda": (2, 2), "Yuanda": (1, 1)}

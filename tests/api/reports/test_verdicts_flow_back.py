"""Verdicts flow back: what people said, undone, said twice or of many at once, is counted right.

The report's precision is held against a count by hand, and so are the pictures to train on.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.access.roles import Principal, Role
from api.cases.bulk_rejection import reject_all
from api.cases.case_filter import CaseFilter
from api.cases.requests import ReviewRequest
from api.cases.stages import Stage
from api.cases.store import CaseStore
from api.http.app import create_app
from datasets.reviewed import export_cases
from tests.api.world import (
    CONFIRM,
    NOON,
    OFFICER,
    REJECT,
    World,
    make_event,
    make_site,
    make_world,
    review_desk,
    served,
)

LI, WANG = (Principal(name.lower(), name, Role.REVIEWER) for name in ("Li", "Wang"))
DUPLICATE = ReviewRequest(decision="reject", reason="duplicate")
UNDO = {"step": "undo", "reason": "slip of the hand"}


@pytest.fixture
def world(tmp_path: Path):
    review = {"second": {"kinds": ["illegal_structure"]}, "undo": "60s"}
    made = make_world(make_site(tmp_path, review=review))
    yield made
    made.database.close()


def stall(world: World, day: int) -> str:
    """A stall at the gate, of a day of its own: a case of its own."""
    return world.take(make_event(at=NOON - timedelta(days=day)))


def roof(world: World, column: int) -> str:
    left = 0.1 * column
    structure = {"kind": "illegal_structure", "subtype": "unauthorised_building"}
    return world.take(make_event(**structure, box=(left, 0.1, left + 0.05, 0.2)))


def truck(world: World) -> str:
    spill = {"kind": "dirty_truck", "subtype": "spill"}
    return world.take(make_event(camera="yard", zone="whole picture", **spill))


@pytest.fixture
def judged(world: World) -> Counter[tuple[str | None, str, str]]:
    """Decides about cases in every way, and counts by hand what was said in the end."""
    stalls = [stall(world, day) for day in range(6)]
    for case in stalls[:2]:
        world.review(case, CONFIRM)
    world.review(stalls[2], REJECT)
    # A slip of the hand: rejected, undone, confirmed.
    world.review(stalls[3], REJECT)
    world.step(stalls[3], UNDO)
    world.review(stalls[3], CONFIRM)
    # The other way round, twice over; in the end it was a duplicate, which is no false alarm.
    world.review(stalls[4], CONFIRM)
    world.step(stalls[4], UNDO)
    world.review(stalls[4], REJECT)
    world.step(stalls[4], UNDO)
    world.review(stalls[4], DUPLICATE)
    # Undone and left.
    world.review(stalls[5], REJECT)
    world.step(stalls[5], UNDO)

    both, disagreed, half = (roof(world, column) for column in range(3))
    world.review(both, CONFIRM, LI)
    world.review(both, CONFIRM, WANG)
    # The second does not agree, and the first sees it as well.
    world.review(disagreed, CONFIRM, LI)
    world.review(disagreed, REJECT, WANG)
    world.review(disagreed, REJECT, LI)
    # Nobody has said so a second time.
    world.review(half, CONFIRM, LI)

    trucks = [truck(world) for _ in range(5)]
    world.review(trucks[0], CONFIRM)
    wanted = CaseFilter(camera="yard", stages=[Stage.PENDING_REVIEW])
    desk = review_desk(world.database, world.site)
    done = reject_all(world.database, desk, OFFICER, wanted, REJECT, limit=200)
    assert sorted(done.rejected) == sorted(trucks[1:])
    world.step(trucks[1], UNDO)
    world.review(trucks[1], CONFIRM)
    said = {
        ("gate", "street_vending"): {"confirmed": 3, "false_alarms": 1, "others": 1},
        ("gate", "illegal_structure"): {"confirmed": 1, "false_alarms": 1, "others": 0},
        ("yard", "dirty_truck"): {"confirmed": 2, "false_alarms": 3, "others": 0},
    }
    counted: Counter[tuple[str | None, str, str]] = Counter()
    for (camera, kind), counts in said.items():
        for name, count in counts.items():
            counted[camera, kind, name] += count
            counted[None, kind, name] += count
    return counted


def test_precision_per_camera_and_kind_equals_a_count_by_hand(world, judged):
    import httpx

    with served(create_app(world.site, world.database, world.evidence)) as address:
        answer = httpx.get(
            f"{address}/v1/reports/precision",
            params={"period": f"{datetime.now(UTC) + timedelta(hours=8):%Y}"},
            headers={"Authorization": f"Bearer {world.key(Role.VIEWER)}"},
            trust_env=False,
            timeout=60,
        )
    rows = [row for row in answer.json()["rows"] if row["light"] == "all"]
    names = ("confirmed", "false_alarms", "others")
    found = {(row["camera"], row["kind"], name): row[name] for row in rows for name in names}
    assert found == dict(judged)
    for row in rows:
        right, wrong = row["confirmed"], row["false_alarms"]
        assert row["precision"] == pytest.approx(right / (right + wrong))


def test_what_people_said_makes_training_pictures(world, judged, tmp_path):
    """As `streetwarden data cases`, which tests/scripts/test_data.py runs."""
    page = CaseStore(world.database, world.site).page(OFFICER, CaseFilter(), None, 200)
    cases = [case.model_dump(mode="json") for case in page.items]
    report = export_cases(cases, world.evidence.read, tmp_path / "set")
    confirmed = sum(judged[None, kind, "confirmed"] for kind in {case["kind"] for case in cases})
    assert (report.confirmed, report.refuted) == (confirmed, 1)
    # A false alarm of a structure or a truck was the rule's; a duplicate says nothing.
    assert len(report.left_out) == 1 + 3 + 1
    assert len(list((tmp_path / "set/images").iterdir())) == report.pictures == confirmed + 1

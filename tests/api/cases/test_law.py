"""What the law puts first, by matter; and how long a case may stay in a stage, by the calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest

from api.access.roles import Role
from api.cases.announcement import CaseEvent
from api.cases.stages import Stage
from api.cases.step_desk import StepDesk
from api.errors import IllegalStep
from api.storage.tables import CaseRow
from tests.api.cases.test_legal_use import FILE
from tests.api.conftest import Client
from tests.api.world import CONFIRM, OFFICER, ROOF, STEP, World, make_site, make_world
from vision.site import Site

TOLD = {
    "said": "Please take the stall away by noon.",
    "at": "2026-05-21T05:00:00Z",
    "where": "Market gate",
    "way": "loudspeaker",
    "gateway": "horn-3",
}
NO_PERMIT = {
    "asked": "planning register",
    "by": "Zhang",
    "at": "2026-05-21T06:00:00Z",
    "result": "no_permit",
}
PERMITTED = NO_PERMIT | {"result": "permitted", "permit_no": "JZ-2026-117"}
AGREES = {
    "by": "Legal office",
    "approved": True,
    "opinion": "The facts are clear.",
    "document_no": "FS-2026-9",
}
DIRECT = {
    "kind": "street_vending",
    "basis": "Regulation, article 37",
    "penalty_evidence": True,
    "correct_first": False,
}
EMIT = {"step": "emit", "data": {"to": "case system"}}
ACCEPT = {"step": "accept"}
NOTICE = {"step": "notice", "data": TOLD}
GRACE = {"step": "give_grace", "data": {"until": "2026-05-22T04:00:00Z"}}


class Clock(datetime):
    """What the steps take for now."""

    current = datetime(2026, 9, 30, 7, tzinfo=UTC)  # 15:00 in Shanghai, a Wednesday

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return cls.current.astimezone(tz)


def law_site(root: Path, *matters: dict[str, Any], filed: bool = True) -> Site:
    made = make_site(
        root,
        matters=list(matters),
        site={
            "name": "East",
            "language": "en",
            "holidays": ["2026-10-01/2026-10-07"],
        },
        working={"hours": ["Mon-Fri 09:00-17:00"], "exchanged": ["2026-10-10"]},
    )
    raw = made.model_dump(mode="json")
    raw["cameras"][0]["admissibility"] = FILE if filed else None
    site = made.model_validate(raw)
    return site.model_copy(update={"storage": made.storage})


@pytest.fixture
def under(tmp_path: Path) -> Iterator[Any]:
    """`under(matter, filed=False)`: a world under these matters."""
    worlds: list[World] = []

    def make(*matters: dict[str, Any], filed: bool = True) -> World:
        worlds.append(make_world(law_site(tmp_path, *matters, filed=filed)))
        return worlds[-1]

    yield make
    for world in worlds:
        world.database.close()


def emitted(world: World, **changes: Any) -> str:
    case = world.case(**changes)
    world.review(case, CONFIRM)
    world.step(case, EMIT)
    return case


def refused(world: World, case: str, step: dict[str, Any]) -> str:
    before = world.read(case)
    with pytest.raises(IllegalStep) as caught:
        world.step(case, step)
    after = world.read(case)
    assert after.stage == before.stage
    assert after.log == before.log, "what is refused leaves no trace of having happened"
    assert step["step"] not in after.allowed_steps or step["step"] == "close"
    return str(caught.value)


@pytest.mark.parametrize("stage", ["emitted", "noticed"])
@pytest.mark.parametrize(
    ("matter", "filed", "says"),
    [
        ([], True, "order to correct comes first in this matter"),
        ([DIRECT | {"correct_first": True}], True, "order to correct comes first in this matter"),
        ([DIRECT], False, "no admissibility file"),
        ([DIRECT | {"penalty_evidence": False}], True, "no penalty evidence"),
        ([DIRECT], True, None),
    ],
    ids=["no matter", "correct first", "no file", "not listed", "direct"],
)
def test_evidence_is_accepted_without_an_order_to_correct_only_where_the_matter_says_so(
    under: Any, stage: str, matter: list[dict[str, Any]], filed: bool, says: str | None
) -> None:
    world: World = under(*matter, filed=filed)
    case = emitted(world)
    if stage == "noticed":
        world.step(case, NOTICE)
    if says is not None:
        assert says in refused(world, case, ACCEPT)
        return
    assert "accept" in world.read(case).allowed_steps
    assert world.step(case, ACCEPT).stage == Stage.ACCEPTED


def test_after_an_order_to_correct_any_evidence_may_be_accepted(under: Any) -> None:
    world: World = under(filed=False)
    case = emitted(world)
    for step in (NOTICE, GRACE):
        world.step(case, step)
    still = {"at": "2026-05-22T05:00:00Z", "still_there": True}
    world.step(case, {"step": "reobserve", "data": still})
    assert world.step(case, ACCEPT).stage == Stage.ACCEPTED


def test_a_listing_that_changes_later_changes_no_case(under: Any, tmp_path: Path) -> None:
    world: World = under(DIRECT | {"correct_first": True})
    case = emitted(world)
    world.site = law_site(tmp_path, DIRECT)
    assert "order to correct" in refused(world, case, ACCEPT)


def test_a_major_case_waits_for_a_legal_review_that_approves(under: Any) -> None:
    world: World = under(DIRECT | {"major": True})
    case = emitted(world)
    assert "record the legal review first" in refused(world, case, ACCEPT)
    against = AGREES | {"approved": False, "opinion": "The date is missing."}
    world.step(case, {"step": "legal_review", "data": against})
    assert "FS-2026-9 does not approve it" in refused(world, case, ACCEPT)
    reviewed = world.step(case, {"step": "legal_review", "data": AGREES | {"document_no": "10"}})
    assert reviewed.stage == Stage.EMITTED
    assert reviewed.legal_review is not None
    assert reviewed.legal_review.document_no == "10"
    assert [e.data["approved"] for e in reviewed.log if e.action == "legally_reviewed"] == [
        False,
        True,
    ]
    world.step(case, ACCEPT)
    closed = world.step(case, {"step": "close", "data": {"outcome": "decided"}})
    assert closed.outcome == "decided"


def test_a_major_case_that_was_accepted_before_is_not_decided_without_one(under: Any) -> None:
    world: World = under(DIRECT | {"major": True})
    case = emitted(world)
    with world.database.write() as session:
        session.get_one(CaseRow, case).stage = Stage.ACCEPTED.value
    said = refused(world, case, {"step": "close", "data": {"outcome": "decided"}})
    assert "record the legal review first" in said
    given_up = world.step(case, {"step": "close", "data": {"outcome": "no_legal_basis"}})
    assert given_up.outcome == "no_legal_basis"


def test_nobody_is_told_of_a_structure_before_the_register_of_permits_was_asked(
    under: Any,
) -> None:
    world: World = under(DIRECT | {"kind": "illegal_structure"})
    case = emitted(world, **ROOF)
    assert "register of permits" in refused(world, case, NOTICE)
    assert "register of permits" in refused(world, case, ACCEPT)
    checked = world.step(case, {"step": "permit_check", "data": NO_PERMIT})
    assert checked.permit_check.result == "no_permit"
    assert checked.permit_check.asked == "planning register"
    assert world.step(case, NOTICE).stage == Stage.NOTICED
    assert world.step(case, ACCEPT).stage == Stage.ACCEPTED


def test_a_stall_needs_no_permit_check(under: Any) -> None:
    world: World = under()
    assert world.step(emitted(world), NOTICE).stage == Stage.NOTICED


def test_a_permit_that_was_found_closes_the_case(under: Any) -> None:
    world: World = under()
    case = emitted(world, **ROOF)
    closed = world.step(case, {"step": "permit_check", "data": PERMITTED})
    assert (closed.stage, closed.outcome) == (Stage.CLOSED, "permitted")
    assert [e.action for e in closed.log][-2:] == ["permit_checked", "closed"]
    assert closed.log[-2].data["permit_no"] == "JZ-2026-117"
    assert closed.permit_check.reason == "planning register has JZ-2026-117"


@pytest.mark.parametrize(
    "data",
    [
        PERMITTED | {"permit_no": None},
        NO_PERMIT | {"permit_no": "JZ-1"},
        NO_PERMIT | {"result": "none_covers"},
    ],
)
def test_a_permit_check_says_what_it_found(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"permit|result"):
        STEP.validate_python({"step": "permit_check", "data": data})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> type[Clock]:
    Clock.current = datetime(2026, 9, 30, 7, tzinfo=UTC)
    for module in ("step_desk", "review", "new_case"):
        monkeypatch.setattr(f"api.cases.{module}.datetime", Clock)
    return Clock


TIMED = {
    "kind": "street_vending",
    "basis": "Regulation, article 36",
    "grace": "1 working_day",
    "deadlines": {
        "pending_review": "30 natural_hour",
        "emitted": "4 working_hour",
        "dispatched": "1 working_day",
    },
}


def test_deadlines_are_counted_across_holidays_from_when_a_case_enters_a_stage(
    under: Any, clock: type[Clock]
) -> None:
    world: World = under(TIMED)
    case = world.case()
    waits = world.read(case).deadline
    assert waits is not None
    assert (waits.at, waits.stage) == (clock.current + timedelta(hours=30), "pending_review")
    assert world.review(case, CONFIRM).deadline is None, "its matter sets none for it"
    counted = world.step(case, EMIT).deadline
    assert counted is not None
    # Two hours on Wednesday until 17:00, two more on Thursday the 8th, after the holidays.
    assert counted.at == datetime(2026, 10, 8, 3, tzinfo=UTC)
    assert (counted.amount, counted.unit, counted.stage) == (4, "working_hour", "emitted")
    watched = world.step(case, {"step": "supervise", "reason": "by the mayor"})
    assert watched.deadline == counted, "it has not changed its stage"
    filed = world.step(case, {"step": "file", "data": {"task_no": "7"}})
    assert filed.deadline is None
    clock.current = datetime(2026, 10, 9, 2, tzinfo=UTC)  # Friday; Saturday is worked instead
    sent = world.step(case, {"step": "dispatch", "data": {"to": "Second squad"}})
    assert sent.deadline is not None
    assert sent.deadline.at == datetime(2026, 10, 10, 9, tzinfo=UTC)
    listed = make_page(world, case)
    assert listed["deadline"]["at"] == "2026-10-10T09:00:00Z"


def make_page(world: World, case: str) -> dict[str, Any]:
    from api.cases.case_filter import CaseFilter
    from api.cases.store import CaseStore

    page = CaseStore(world.database, world.site).page(OFFICER, CaseFilter(), None, 10)
    return next(c for c in page.model_dump(mode="json")["items"] if c["case_id"] == case)


def test_a_deadline_is_what_receivers_are_told(under: Any, clock: type[Clock]) -> None:
    world: World = under(TIMED)
    case = emitted(world)
    told: list[tuple[str, Any]] = []
    desk = StepDesk(
        world.database,
        world.site,
        lambda _s, row, event, _n: told.append((event, row.deadline)),
        lambda _s, _c: False,
    )
    desk.take(OFFICER, case, STEP.validate_python(NOTICE))
    assert told == [(CaseEvent.NOTICED, None)]
    grace = STEP.validate_python({"step": "give_grace"})
    desk.take(OFFICER, case, grace)
    event, deadline = told[-1]
    assert event == CaseEvent.GRACE
    # The working day after Wednesday the 30th is Thursday the 8th.
    assert deadline["at"] == "2026-10-08T09:00:00+00:00"
    assert clock.current < datetime.fromisoformat(deadline["at"])


def test_a_grace_is_what_the_matter_says_unless_a_person_says_otherwise(
    under: Any, clock: type[Clock]
) -> None:
    world: World = under(TIMED, DIRECT | {"kind": "overflowing_bin"})
    usual = emitted(world)
    world.step(usual, NOTICE)
    given = world.step(usual, {"step": "give_grace"})
    assert given.deadline is not None
    assert (given.deadline.amount, given.deadline.unit) == (1, "working_day")
    assert given.log[-1].data["until"] == given.deadline.at.isoformat()
    stated = emitted(world, kind="overflowing_bin", subtype="bin_overflow")
    world.step(stated, NOTICE)
    assert "state `until`" in refused_data(world, stated, {"step": "give_grace"})
    given = world.step(stated, GRACE)
    assert given.deadline is not None
    assert (given.deadline.at, given.deadline.unit) == (
        datetime(2026, 5, 22, 4, tzinfo=UTC),
        None,
    )


def refused_data(world: World, case: str, step: dict[str, Any]) -> str:
    with pytest.raises(IllegalStep) as caught:
        world.step(case, step)
    assert world.read(case).stage == Stage.NOTICED
    return str(caught.value)


def test_over_http_409_says_what_is_missing(client: Client, world: World) -> None:
    case = emitted(world, **ROOF)
    officer = client(Role.OFFICER)
    answer = officer.post(f"/v1/cases/{case}/steps", json=NOTICE)
    assert answer.status_code == 409
    assert "step permit_check" in answer.json()["detail"]
    answer = officer.post(
        f"/v1/cases/{case}/steps", json={"step": "permit_check", "data": NO_PERMIT}
    )
    assert answer.json()["permit_check"]["result"] == "no_permit"
    assert officer.post(f"/v1/cases/{case}/steps", json=NOTICE).status_code == 200

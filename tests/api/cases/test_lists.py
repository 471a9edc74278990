"""Lists: stages, words, deadlines and orders; a case's next step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from api.access.roles import Principal, Role
from api.cases.case_filter import CaseFilter, Order
from api.cases.stages import Stage
from api.cases.store import CaseStore
from api.storage.tables import CaseRow
from tests.api.world import CONFIRM, OFFICER, REJECT, ROOF, World, make_site, make_world

NO_PERMIT = {
    "asked": "planning register",
    "by": "Zhang",
    "at": "2026-05-21T06:00:00Z",
    "result": "no_permit",
}
SPILL = {"kind": "dirty_truck", "subtype": "spill"}
NOW = datetime.now(UTC)


@pytest.fixture
def world(tmp_path):
    made = make_world(make_site(tmp_path))
    yield made
    made.database.close()


def ids(world: World, who: Principal = OFFICER, order: Order = Order.NEWEST, **wanted) -> list[str]:
    """All pages of a list, two at a time."""
    store, found, after = CaseStore(world.database, world.site), [], None
    while True:
        page = store.page(who, CaseFilter(**wanted), after, 2, order=order)
        found += [case.case_id for case in page.items]
        if (after := page.next) is None:
            return found


def trucks(world: World, count: int) -> list[str]:
    return [world.case(**SPILL) for _ in range(count)]


def set_(world: World, case_id: str, **columns: object) -> None:
    with world.database.write() as session:
        session.execute(update(CaseRow).where(CaseRow.id == case_id).values(**columns))


def test_a_list_of_several_stages_and_from_the_oldest_on(world):
    waits, rejected, confirmed, again = trucks(world, 4)
    world.review(rejected, REJECT)
    world.review(confirmed, CONFIRM)
    both = [Stage.PENDING_REVIEW, Stage.REJECTED]
    assert ids(world, stages=both) == [again, rejected, waits]
    assert ids(world, stages=both, order=Order.OLDEST) == [waits, rejected, again]
    assert ids(world, order=Order.OLDEST) == [waits, rejected, confirmed, again]


def test_by_deadline_come_first_whose_stage_ends_first_then_all_others_the_newest_first(world):
    none, late, soon, same, other = trucks(world, 5)
    for case, hours in ((late, 9), (soon, 1), (same, 1)):
        set_(world, case, deadline_at=NOW + timedelta(hours=hours))
    everything = [*sorted([soon, same]), late, other, none]
    assert ids(world, order=Order.DEADLINE) == everything
    gate = Principal("0", "gate", Role.VIEWER, cameras=frozenset({"gate"}))
    assert ids(world, gate, order=Order.DEADLINE, kind="dirty_truck") == everything
    yard = Principal("0", "yard", Role.VIEWER, cameras=frozenset({"yard"}))
    assert ids(world, yard, order=Order.DEADLINE) == []
    until = NOW + timedelta(hours=2)
    assert ids(world, order=Order.DEADLINE, due_until=until) == sorted([soon, same])
    assert ids(world, due_from=until) == [late]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("解放路", {"road"}),
        ("12号 解放", {"road"}),
        ("GATE market", {"plain", "zone"}),
        ("gate 解放", set()),
        ("bridge", {"zone"}),
        ("4213030019", {"grid"}),
        ("3030019", set()),
        ("%", set()),
        ("_", set()),
    ],
)
@pytest.mark.parametrize("walked", [100, 0], ids=["walked", "filtered"])
def test_words_find_a_place_and_digits_begin_a_grid(world, monkeypatch, text, found, walked):
    monkeypatch.setattr("api.cases.text_search.MOST_WALKED", walked)
    plain, road, grid, zone = trucks(world, 4)
    set_(world, road, address="解放路12号")
    set_(world, grid, grid="421303001900001", address="")
    set_(world, zone, zone="West Bridge head")
    names = {plain: "plain", road: "road", grid: "grid", zone: "zone"}
    assert {names[case] for case in ids(world, text=text)} == found
    assert ids(world, text=text, kind="street_vending") == []
    nobody = Principal("0", "none", Role.VIEWER, cameras=frozenset({"yard"}))
    assert ids(world, nobody, text=text) == []


def test_the_beginning_of_an_id_finds_the_case(world):
    one, two = trucks(world, 2)
    assert ids(world, text=one) == ids(world, text=one.lower()) == [one]
    assert ids(world, text=one.removeprefix("SW-")) == [one]
    assert ids(world, text="SW-") == [two, one]
    # Eight characters of a time: both may begin so, but not less.
    assert two in ids(world, text=two[3:11])
    assert ids(world, text=two[3:10]) == []


def test_the_moment_of_a_deadline_follows_it(world):
    roof = world.case(**ROOF)
    with world.database.write() as session:
        case = session.get_one(CaseRow, roof)
        case.deadline = {"at": "2026-10-10T02:30:00+00:00", "stage": "pending_review"} | {
            "amount": 4,
            "unit": "working_hour",
            "unseen": None,
        }
    with world.database.read() as session:
        case = session.get_one(CaseRow, roof)
        assert case.deadline_at == datetime(2026, 10, 10, 2, 30, tzinfo=UTC)
    next_step = world.read(roof).next_step
    assert next_step.deadline.at == case.deadline_at
    assert next_step.working is True
    with world.database.write() as session:
        session.get_one(CaseRow, roof).deadline = None
    with world.database.read() as session:
        assert session.get_one(CaseRow, roof).deadline_at is None


def test_the_next_step_says_what_the_case_allows_and_to_whom(world):
    roof = world.case(**ROOF)
    reviewers = [Role.REVIEWER, Role.OFFICER, Role.ADMIN]
    city = [Role.OFFICER, Role.ADMIN, Role.RECEIVER]
    moved = {"reassign": [Role.OFFICER, Role.ADMIN]}  # to another division

    def steps() -> dict[str, list[Role]]:
        return {one.step.value: one.roles for one in world.read(roof).next_step.steps}

    assert steps() == {"confirm": reviewers, "reject": reviewers, **moved}
    assert world.read(roof).next_step.deadline is None
    assert world.read(roof).next_step.working is False
    world.review(roof, CONFIRM)
    assert steps() == {"emit": city, **moved}
    world.step(roof, {"step": "emit", "data": {"to": "case-system"}})
    # The register of permits was not asked yet, so nobody is given notice (api/cases/law.py).
    assert "notice" not in steps()
    assert steps()["permit_check"] == city
    world.step(roof, {"step": "permit_check", "data": NO_PERMIT})
    assert steps()["notice"] == city

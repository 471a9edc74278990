"""The review queue: its order and what is told of it, whose it is, the next case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from api.access.roles import Principal, Role
from api.cases.claims import ClaimDesk
from api.cases.queue import Narrowed, QueueDesk
from api.cases.ranking import Because
from api.storage.tables import CaseRow
from tests.api.world import (
    CONFIRM,
    REJECT,
    World,
    cleared,
    make_event,
    make_site,
    make_world,
)

LI = Principal("li", "Li", Role.REVIEWER)
WANG = Principal("wang", "Wang", Role.REVIEWER)
ALL = Narrowed()
SPILL = {"kind": "dirty_truck", "subtype": "spill"}


@pytest.fixture
def world(tmp_path):
    review = {"second": {"kinds": ["illegal_structure"]}, "undo": "60s"}
    made = make_world(make_site(tmp_path, review=review))
    yield made
    made.database.close()


@pytest.fixture
def desk(world: World) -> QueueDesk:
    return QueueDesk(world.database, world.site)


def trucks(world: World, count: int, **changes: object) -> list[str]:
    """New cases, which no other is a sighting of."""
    return [world.case(**SPILL | changes) for _ in range(count)]


def now() -> datetime:
    return datetime.now(UTC)


def set_(world: World, case_id: str, **columns: object) -> None:
    with world.database.write() as session:
        session.execute(update(CaseRow).where(CaseRow.id == case_id).values(**columns))


def order(desk: QueueDesk, who: Principal = LI, wanted: Narrowed = ALL) -> list[str]:
    return [item.case_id for item in desk.page(who, wanted, 50).items]


def test_each_part_of_the_rank_brings_a_case_forward_and_is_told(world, desk):
    plain, likely, waiting, due, overdue, gone, repeat = trucks(world, 7, score=0.2)
    set_(world, likely, score=0.9)
    set_(world, waiting, created_at=now() - timedelta(hours=30))
    set_(world, due, deadline_at=now() + timedelta(hours=4))
    set_(world, overdue, deadline_at=now() - timedelta(hours=11))
    set_(world, gone, ended_at=now())
    set_(world, repeat, repeats=2)
    page = desk.page(LI, ALL, 50)
    assert [item.case_id for item in page.items] == [
        *(overdue, waiting, due, repeat, likely, plain, gone)
    ]
    ranks = {item.case_id: item.rank for item in page.items}
    assert ranks[overdue].because == [Because.OVERDUE, Because.ONGOING, Because.SCORE]
    assert ranks[waiting].because == [Because.WAITING, Because.ONGOING, Because.SCORE]
    assert ranks[due].because == [Because.DUE_SOON, Because.ONGOING, Because.SCORE]
    assert ranks[repeat].because == [Because.ONGOING, Because.REPEAT, Because.SCORE]
    assert ranks[likely].because == [Because.SCORE, Because.ONGOING]
    assert ranks[gone].because == [Because.SCORE]
    expected = {plain: 10, gone: 2, likely: 17, repeat: 18, due: 30, waiting: 40, overdue: 45}
    assert {case: ranks[case].value for case in expected} == pytest.approx(expected, abs=0.2)


def test_nothing_starves(world, desk):
    old, new = trucks(world, 2, score=0.0)
    set_(world, old, created_at=now() - timedelta(hours=87), ended_at=now(), opinion_says="no")
    set_(world, new, score=1.0, repeats=50, opinion_says="yes")
    set_(world, new, deadline_at=now() - timedelta(days=9))
    assert order(desk) == [old, new]


def test_a_deadline_that_is_long_over_counts_no_more_and_far_ones_not_yet(world, desk):
    far, late, later = trucks(world, 3)
    set_(world, far, deadline_at=now() + timedelta(days=3))
    set_(world, late, deadline_at=now() - timedelta(days=2))
    set_(world, later, deadline_at=now() - timedelta(days=20))
    found = {item.case_id: item.rank for item in desk.page(LI, ALL, 9).items}
    assert found[late].value == found[later].value == found[far].value + 48
    assert Because.DUE_SOON not in found[far].because


@pytest.mark.parametrize(("said", "told"), [(CONFIRM, True), (REJECT, False)])
def test_a_place_where_people_confirmed_before_is_told(world, desk, said, told):
    first = make_event()
    case = world.take(first)
    world.take(cleared(first))
    world.review(case, said)
    back = world.take(make_event(at=first.episode.opened_at + timedelta(days=1)))
    (item,) = desk.page(LI, ALL, 9).items
    assert item.case_id == back
    assert (Because.REPEAT in item.rank.because) is told


def test_what_others_hold_comes_last_and_what_one_holds_oneself_does_not(world, desk):
    one, two, three = trucks(world, 3)
    for case, hours in ((one, 3), (two, 2), (three, 1)):
        set_(world, case, created_at=now() - timedelta(hours=hours))
    claims = ClaimDesk(world.database, timedelta(minutes=5))
    claims.claim(WANG, one, take_over=False, reason="")
    claims.claim(LI, two, take_over=False, reason="")
    assert order(desk) == [two, three, one]
    assert order(desk, WANG) == [one, three, two]
    assert [item.claimed_by for item in desk.page(LI, ALL, 9).items] == ["Li", None, "Wang"]


def test_the_next_case_is_the_best_that_nobody_holds_and_is_claimed(world, desk):
    one, two, three = trucks(world, 3)
    set_(world, two, score=1.0)
    found = desk.next(LI, ALL)
    assert (found.case_id, found.claimed_by) == (two, "Li")
    assert world.read(two).claimed_by == "Li"
    # The same key in a second browser gets another one, and so does who skips.
    assert desk.next(LI, ALL).case_id == one
    assert desk.next(WANG, ALL, skip=[three]) is None
    assert desk.next(WANG, ALL).case_id == three
    assert desk.next(WANG, ALL) is None


def test_a_case_in_reserve_is_given_only_while_others_have_enough(world, desk):
    made = set(trucks(world, 5))
    first = desk.next(LI, ALL)
    spare = desk.next(LI, ALL, ahead=True)  # 3 are free then
    assert desk.next(WANG, ALL) is not None
    assert desk.next(WANG, ALL, ahead=True) is not None  # 1 is free, and Li is the only other
    assert desk.next(LI, ALL, ahead=True) is None
    assert desk.next(WANG, ALL, ahead=True) is None
    last = desk.next(LI, ALL)  # to be looked at now
    assert last.case_id in made - {first.case_id, spare.case_id}


def test_a_claim_that_is_over_or_that_a_wrong_clock_made_holds_nothing(world, desk):
    over, wrong = trucks(world, 2)
    held = {"claimed_by": "Wang", "claimed_key": "wang"}
    set_(world, over, claimed_until=now() - timedelta(seconds=1), **held)
    set_(world, wrong, claimed_until=now() + timedelta(days=9), **held)
    assert {desk.next(LI, ALL).case_id for _ in range(2)} == {over, wrong}


def test_who_confirmed_first_is_not_given_the_second_review(world, desk):
    roof = world.case(kind="illegal_structure", subtype="unauthorised_building")
    (other,) = trucks(world, 1, score=0.0)
    world.review(roof, CONFIRM, LI)
    assert order(desk) == [other, roof]
    assert order(desk, WANG) == [roof, other]
    # Another key of the same person's name is the same person.
    same = Principal("li-2", " LI ", Role.REVIEWER)
    assert [desk.next(who, ALL) and "given" for who in (LI, same)] == ["given", None]
    assert desk.next(WANG, ALL).case_id == roof
    assert desk.next(LI, ALL) is None


def test_only_what_waits_is_in_the_queue_and_counted_by_kind_and_camera(world, desk):
    stall, *_ = world.case(), *trucks(world, 2, camera="yard", zone="whole picture")
    (done, _) = trucks(world, 2)
    world.review(done, CONFIRM)
    page = desk.page(LI, ALL, 1)
    assert (page.total, len(page.items)) == (4, 1)
    assert page.by_kind == {"dirty_truck": 3, "street_vending": 1}
    assert page.by_camera == {"gate": 2, "yard": 2}
    yard = desk.page(LI, Narrowed(camera="yard"), 9)
    assert (yard.total, yard.by_kind) == (2, {"dirty_truck": 2})
    assert yard.by_camera == {"gate": 2, "yard": 2}
    streets = desk.page(LI, Narrowed(kind="street_vending"), 9)
    assert [item.case_id for item in streets.items] == [stall]
    assert (streets.by_camera, streets.by_kind) == ({"gate": 1}, page.by_kind)
    assert desk.next(LI, Narrowed("street_vending", "yard")) is None


@pytest.mark.parametrize(
    ("scope", "sees"),
    [
        ({"cameras": frozenset({"yard"})}, "truck"),
        ({"kinds": frozenset({"street_vending"})}, "stall"),
        ({"divisions": frozenset({"421303001"})}, "stall"),
        ({"divisions": frozenset({"9"})}, None),
        ({"cameras": frozenset({"gate"}), "kinds": frozenset({"dirty_truck"})}, None),
    ],
)
def test_the_queue_is_what_a_key_sees(tmp_path, scope, sees):
    world = make_world(make_site(tmp_path, division="421303001"))
    cases = {
        "stall": world.case(),
        "truck": world.case(camera="yard", zone="whole picture", **SPILL),
    }
    desk = QueueDesk(world.database, world.site)
    who = Principal("who", "Who", Role.REVIEWER, **scope)
    page, found = desk.page(who, ALL, 9), desk.next(who, ALL)
    expected = [cases[sees]] if sees else []
    assert [item.case_id for item in page.items] == expected
    assert page.total == desk.total(who) == len(expected)
    assert sum(page.by_kind.values()) == sum(page.by_camera.values()) == len(expected)
    assert (found and found.case_id) == (cases[sees] if sees else None)
    world.database.close()

"""One violation is one case, whichever camera saw it, from which flight, on which day."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.access.roles import Principal, Role
from api.cases.case_filter import CaseFilter
from api.cases.matching import reach
from api.cases.parts import Checks
from api.cases.proximity import apart, located
from api.cases.requests import ReviewRequest
from api.cases.store import CaseStore
from tests.api.world import (
    BIN,
    NOON,
    REJECT,
    SECRET,
    cleared,
    make_event,
    make_site,
    make_world,
    on_map,
)
from vision.geo import Position
from vision.site import Camera

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ROOF = {"kind": "illegal_structure", "subtype": "unauthorised_building", "zone": "whole picture"}
STALL = {"kind": "street_vending", "subtype": "stall"}
TRUCK = {"kind": "dirty_truck", "subtype": "spill"}
ELSEWHERE = (0.7, 0.1, 0.9, 0.3)


@pytest.fixture
def world(tmp_path):
    made = make_world(make_site(tmp_path, drones=2))
    yield made
    made.database.close()


def drone(n, east, kind=ROOF, at=NOON, **more):
    """A drone's episode `east` metres from the middle of the map."""
    where = more.pop("where", on_map(east, accuracy=more.pop("accuracy", 4.0)))
    more = {"zone": "whole picture", "box": ELSEWHERE} | more
    return make_event(camera=f"drone-{n}", where=where, at=at, **(kind | more))


def test_one_roof_from_two_drones_and_two_flights_is_one_case(world):
    case_id = world.take(drone(1, 0))
    assert world.take(drone(2, 6, at=NOON + 3 * DAY, box=(0.1, 0.1, 0.2, 0.2))) == case_id
    assert world.take(drone(1, 3, at=NOON + 40 * DAY)) == case_id
    assert world.take(drone(1, 60, at=NOON + 40 * DAY)) != case_id, "another house"
    case = world.read(case_id)
    assert (case.sightings, case.cameras) == (3, ["drone-1", "drone-2"])
    assert [entry.action for entry in case.log] == ["opened", "sighted", "sighted"]
    assert (case.log[1].data["apart_m"], case.log[1].data["reach_m"]) == (6.0, 8.0)
    assert (case.where.method, case.where.accuracy_m) == ("drone_pose", 4.0)
    assert case.where.lon == on_map(0).lon, "it keeps its first position: it must not creep along"


@pytest.mark.parametrize(
    ("kind", "metres", "accuracy", "same"),
    [
        (ROOF, 7.9, 4, True),
        (ROOF, 8.1, 4, False),
        (ROOF, 4.9, 0.1, True),
        (ROOF, 14, 40, True),
        (ROOF, 16, 40, False),
        (BIN, 4, 2, True),
        (BIN, 6, 2, False),
        (BIN, 6, 20, False),
        (STALL, 14, 1, True),
        (STALL, 16, 1, False),
        (STALL, 45, 30, True),
        (STALL, 55, 30, False),
        (TRUCK, 0, 4, False),
        (ROOF, 0, None, False),
    ],
)
def test_how_near_is_the_same(world, kind, metres, accuracy, same):
    first = world.take(drone(1, 0, kind, accuracy=accuracy))
    assert (world.take(drone(2, metres, kind, accuracy=accuracy, at=NOON + HOUR)) == first) is same


def test_where_two_cameras_stand_is_no_violations_place(world):
    pole = on_map(0, accuracy=5.0, method="camera_registered")
    assert world.take(drone(1, 0, where=pole)) != world.take(drone(2, 0, where=pole))
    assert located(pole) is None


def test_what_one_flight_sees_as_two_is_two_and_the_next_flight_tells_them_apart(world):
    one, two = (world.take(drone(1, east, accuracy=9)) for east in (0, 9))
    assert one != two
    later = NOON + 7 * DAY
    again = [world.take(drone(2, east, accuracy=9, at=later)) for east in (8, 2)]
    assert again == [two, one], "each goes to the nearer one"


def test_a_row_of_sheds_does_not_grow_together(world):
    cases = [world.take(drone(1, 6 * n, at=NOON + n * DAY)) for n in range(4)]
    assert cases[0] == cases[1]
    assert cases[1] != cases[2]


def test_a_flying_cameras_picture_is_no_place(world):
    first = world.take(drone(1, 0))
    assert world.take(drone(1, 500, at=NOON + DAY)) != first, "the same box, another street"


def test_a_fixed_camera_tells_its_bins_apart_by_its_picture(world):
    left = world.case(where=on_map(0, accuracy=5), **BIN)
    right = world.case(where=on_map(2, accuracy=5), box=ELSEWHERE, **BIN)
    assert left != right
    assert world.case(where=on_map(4, accuracy=5), at=NOON + HOUR, **BIN) == left
    assert world.take(drone(1, 0, BIN, at=NOON + HOUR)) == left
    assert world.take(drone(1, 2, BIN, at=NOON + HOUR)) == right


def test_a_case_without_a_position_takes_the_first_that_is_given(world):
    case_id = world.case(**BIN)
    assert world.read(case_id).where.method == "camera_registered"
    world.case(where=on_map(7, accuracy=2, method="homography"), at=NOON + HOUR, **BIN)
    where = world.read(case_id).where
    assert (where.lon, where.accuracy_m, where.method) == (on_map(7).lon, 2.0, "homography")
    assert world.take(drone(1, 8, BIN, at=NOON + HOUR)) == case_id


def test_a_position_of_a_map_service_is_converted_once(world):
    shifted = on_map(0).to("GCJ02")
    case_id = world.take(drone(1, 0, where=shifted))
    assert world.take(drone(2, 1, at=NOON + DAY)) == case_id
    where = world.read(case_id).where
    assert where.crs == "WGS84"
    assert abs(where.lon - on_map(0).lon) < 1e-7


def test_dedupe_and_rejection_hold_across_cameras(world):
    case_id = world.take(drone(1, 0, STALL))
    end = make_event().episode.last_seen_at
    assert world.take(drone(2, 5, STALL, at=end + 5 * HOUR)) != case_id
    roof = world.take(drone(1, 0))
    world.review(roof, REJECT)
    assert world.take(drone(2, 0, at=NOON + DAY)) != roof


@pytest.mark.parametrize("camera", ["gate", "drone-1"])
def test_a_re_offence_after_clearing_is_a_new_case_that_knows_its_predecessors(world, camera):
    zone = "north pavement" if camera == "gate" else "whole picture"
    kind = BIN | {"camera": camera, "zone": zone, "where": on_map(0)}
    cases = []
    for week in range(3):
        event = make_event(at=NOON + week * 7 * DAY, **kind)
        cases.append(world.take(event))
        world.take(cleared(event))
        world.take(event)
        assert world.read(cases[-1]).prior_cases == cases[-2::-1]
    assert len(set(cases)) == 3
    elsewhere = make_event(at=NOON + 30 * DAY, **(kind | {"where": on_map(90), "box": ELSEWHERE}))
    assert world.read(world.take(elsewhere)).prior_cases == []


def test_what_was_rejected_is_long_ago_or_is_still_open_is_no_predecessor(world):
    old = make_event(at=NOON - 370 * DAY)
    world.take(old)
    world.take(cleared(old))
    wrong = make_event(at=NOON - DAY)
    rejected = world.take(wrong)
    world.take(cleared(wrong))
    world.review(rejected, REJECT)
    event = make_event()
    case_id = world.take(event)
    assert world.read(case_id).prior_cases == []
    world.take(cleared(event))
    assert world.read(world.case(at=NOON + 2 * DAY)).prior_cases == [case_id]
    assert world.read(world.case(at=NOON, **TRUCK)).prior_cases == []
    assert world.read(world.case(at=NOON + DAY, **TRUCK)).prior_cases == [], "another truck"


def test_what_was_over_by_its_window_alone_is_a_predecessor(world):
    never_cleared = world.case()
    assert world.read(world.case(at=NOON + DAY)).prior_cases == [never_cleared]


def test_the_memory_is_the_sites(tmp_path):
    made = make_world(make_site(tmp_path, defaults={"street_vending": {"memory": "7d"}}))
    week_ago, days_ago = (made.case(at=NOON - n * DAY) for n in (8, 5))
    assert made.read(days_ago).prior_cases == [week_ago]
    assert made.read(made.case()).prior_cases == [days_ago]
    made.database.close()


def test_prior_cases_go_out_with_the_webhook(tmp_path):
    import json

    from api.storage.tables import DeliveryRow

    hook = {"name": "system", "url": "https://example.org/in", "secret": SECRET}
    made = make_world(make_site(tmp_path, hook))
    event = make_event()
    first = made.take(event)
    made.take(cleared(event))
    second = made.case(at=NOON + DAY)
    ticks = Checks(authentic=True, clear=True, complete=True, accurate=True)
    confirm = ReviewRequest(decision="confirm", checks=ticks)
    made.review(second, confirm)
    with made.database.read() as session:
        (row,) = session.query(DeliveryRow)
    assert json.loads(row.body)["data"]["prior_cases"] == [first]
    made.database.close()


def test_a_drone_that_flew_on_does_not_keep_a_case_open(world):
    fixed = make_event(where=on_map(0), **BIN)
    case_id = world.take(fixed)
    assert world.take(drone(1, 1, BIN, at=NOON + HOUR)) == case_id
    world.take(cleared(fixed, 30 * timedelta(minutes=1)))
    assert world.read(case_id).when.cleared is None, "the drone saw it after that"
    again = make_event(at=NOON + 2 * HOUR, where=on_map(0), **BIN)
    assert world.take(again) == case_id
    world.take(cleared(again))
    assert world.read(case_id).when.cleared is not None
    assert world.case(at=NOON + 5 * HOUR, where=on_map(0), **BIN) != case_id


def test_another_fixed_cameras_look_does_keep_it_open(world):
    gate = make_event(where=on_map(0), **BIN)
    case_id = world.take(gate)
    yard = make_event(camera="yard", zone="whole picture", where=on_map(1), at=NOON + HOUR, **BIN)
    assert world.take(yard) == case_id
    world.take(cleared(gate, 3 * HOUR))
    assert world.read(case_id).when.cleared is None
    world.take(cleared(yard, 3 * HOUR))
    assert world.read(case_id).when.cleared is not None


def test_a_flight_taken_in_late_belongs_to_the_case_of_its_time(world):
    event = make_event(where=on_map(0), **BIN)
    case_id = world.take(event)
    world.take(cleared(event, 5 * HOUR))
    assert world.take(drone(1, 1, BIN, at=NOON + HOUR)) == case_id
    assert world.read(case_id).when.cleared is not None
    assert world.take(drone(2, 1, BIN, at=NOON + 9 * HOUR)) != case_id


def test_a_key_sees_the_cases_and_the_pictures_of_its_cameras(world, client):
    case_id = world.take(drone(1, 0))
    world.take(drone(2, 1, at=NOON + DAY))
    store = CaseStore(world.database, world.site)
    for name, other in (("drone-1", "drone-2"), ("drone-2", "drone-1")):
        who = Principal("1", "x", Role.VIEWER, cameras=frozenset({name}))
        case = store.get(who, case_id)
        assert {item.camera for item in case.evidence} == {name}
        (item,) = store.page(who, CaseFilter(camera=other), None, 9).items
        http = client(Role.VIEWER, cameras=[name])
        foreign = [e for e in world.read(case_id).evidence if e.camera == other]
        assert http.get(f"/v1/media/{foreign[0].sha256}").status_code == 404
        assert http.get(f"/v1/media/{item.evidence[0].sha256}").status_code == 200
    gate = Principal("1", "x", Role.VIEWER, cameras=frozenset({"gate"}))
    assert store.page(gate, CaseFilter(), None, 9).items == []


SPOT = st.tuples(st.floats(-60, 60), st.floats(-60, 60))
ACCURACY = st.floats(0, 60)


@given(
    SPOT,
    SPOT,
    ACCURACY,
    ACCURACY,
    st.sampled_from(["street_vending", "illegal_structure", "overflowing_bin"]),
)
def test_sameness_is_symmetric_bounded_and_grows_with_the_errors(one, other, a, b, kind):
    here, there = on_map(*one, accuracy=a), on_map(*other, accuracy=b)
    assert reach(kind, here, there) == reach(kind, there, here)
    assert 5 <= reach(kind, here, there) <= 50
    assert abs(apart(here, there) - apart(there, here)) < 0.01
    poorer = on_map(*other, accuracy=b + 1)
    assert reach(kind, here, poorer) >= reach(kind, here, there)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    spots=st.lists(st.integers(0, 40), min_size=2, max_size=5),
    drones=st.lists(st.integers(1, 2), min_size=5, max_size=5),
    again=st.integers(0, 4),
)
def test_no_two_open_cases_of_one_roof_and_none_of_two(tmp_path_factory, spots, drones, again):
    """Each sighting is within reach of its case; a case that was opened was out of reach of all."""
    made = make_world(make_site(tmp_path_factory.mktemp("roofs"), drones=2))
    events = [
        drone(n, east, at=NOON + day * DAY)
        for day, (n, east) in enumerate(zip(drones, spots, strict=False))
    ]
    ids = [made.take(event) for event in events]
    again %= len(events)
    assert made.take(events[again]) == ids[again]
    first: dict[str, Position] = {}
    for event, case_id in zip(events, ids, strict=True):
        where = event.episode.where
        near = [c for c, p in first.items() if apart(p, where) <= 8]
        assert (case_id in near) if near else (case_id not in first)
        first.setdefault(case_id, where)
    places = sorted(p.lon for p in first.values())
    assert all(b > a for a, b in pairwise(places))
    made.database.close()


def test_a_registered_bin_is_one_case_whichever_camera_sees_it(world):
    bins = {"kind": "overflowing_bin", "subtype": "bin_overflow", "asset": "B-17"}
    case_id = world.take(make_event(**bins))
    assert world.take(make_event(camera="yard", at=NOON + HOUR, box=ELSEWHERE, **bins)) == case_id
    assert world.read(case_id).asset == "B-17"
    neighbour = make_event(at=NOON + HOUR, **bins | {"asset": "B-18"})
    assert world.take(neighbour) != case_id, "its box overlaps, but the register knows them apart"


def test_a_bin_that_is_full_again_knows_its_earlier_cases(world):
    bins = {"kind": "overflowing_bin", "subtype": "bin_overflow", "asset": "B-17"}
    first = make_event(**bins)
    case_id = world.take(first)
    world.take(cleared(first))
    again = world.take(make_event(camera="yard", at=NOON + DAY, box=ELSEWHERE, **bins))
    assert world.read(again).prior_cases == [case_id]


def test_a_case_learns_of_its_asset_from_a_later_sighting(world):
    bins = {"kind": "overflowing_bin", "subtype": "bin_overflow"}
    case_id = world.take(make_event(**bins))
    assert world.take(make_event(at=NOON + HOUR, asset="B-17", **bins)) == case_id
    assert world.take(make_event(camera="yard", at=NOON + HOUR, asset="B-17", **bins)) == case_id
    assert world.take(make_event(at=NOON + 2 * HOUR, asset="B-18", **bins)) != case_id


def test_what_one_camera_counts_as_two_at_a_time_is_two_whatever_the_register_says(world):
    bins = {"kind": "overflowing_bin", "subtype": "bin_overflow", "asset": "B-17"}
    case_id = world.take(make_event(**bins))
    assert world.take(make_event(box=ELSEWHERE, **bins)) != case_id


def test_one_dome_sees_one_violation_from_two_presets(tmp_path):
    presets = [{"name": name, "picture": f"{name}.png"} for name in ("wide", "close")]
    zones = [
        {"name": f"pavement {name}", "preset": name, "watch": ["overflowing_bin"]}
        for name in ("wide", "close")
    ]
    dome = {"id": "dome", "source": "dome.mp4", "presets": presets, "zones": zones}
    site = make_site(tmp_path)
    cameras = (*site.cameras, Camera.model_validate(dome))
    made = make_world(site.model_copy(update={"cameras": cameras}))
    seen = {"kind": "overflowing_bin", "subtype": "bin_overflow", "camera": "dome"}
    here = on_map(0.0, accuracy=2.0)
    case_id = made.take(make_event(zone="pavement wide", where=here, **seen))
    near = on_map(2.0, accuracy=2.0)
    close = make_event(zone="pavement close", where=near, box=ELSEWHERE, at=NOON + HOUR, **seen)
    assert made.take(close) == case_id
    made.database.close()


@pytest.mark.parametrize(
    ("seen", "same"),
    [(timedelta(hours=8), True), (timedelta(hours=2), False), (None, False)],
    ids=["still there", "its camera is down", "no rule holds it"],
)
def test_what_another_camera_holds_is_the_same_however_long_ago_it_told_of_it(world, seen, same):
    """A stall stands from noon on before the gate, and comes into the yard's view at eight."""
    gate = make_event(where=on_map(0), **STALL)
    case_id = world.take(gate)
    held = {("gate", gate.episode.id): NOON + seen} if seen is not None else {}
    world.intake.last_seen = lambda camera, episode: held.get((camera, episode))
    yard = {"camera": "yard", "zone": "whole picture", "where": on_map(3)}
    assert (world.case(at=NOON + 8 * HOUR, **STALL, **yard) == case_id) is same


def test_a_full_bin_that_is_told_late_does_not_date_the_next_one_back(world):
    """The first one's events lay in quarantine until the second one had its case."""
    first, second = make_event(**BIN), make_event(at=NOON + 9 * DAY, **BIN)
    later = world.take(second)
    assert world.take(first) != later
    world.take(cleared(first))
    assert world.read(later).when.first_seen == NOON + 9 * DAY


def test_a_flight_told_late_dates_a_case_back_within_its_horizon(world):
    case_id = world.take(make_event(where=on_map(0), **BIN))
    assert world.take(drone(1, 1, BIN, at=NOON - DAY)) == case_id
    assert world.read(case_id).when.first_seen == NOON - DAY
    assert world.take(drone(2, 1, BIN, at=NOON - 10 * DAY)) != case_id

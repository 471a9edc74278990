"""Suppression: cases are silenced or inhibited, and go to review when the reason is gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from api.cases.case_filter import CaseFilter
from api.cases.stages import Stage
from api.cases.store import CaseStore
from api.cases.suppression import Suppression
from api.storage.tables import DeliveryRow
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
    ended,
    make_event,
    make_site,
    make_world,
    on_map,
)
from vision.frames import Clock

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DAY = 24 * HOUR
ELSEWHERE = (0.7, 0.1, 0.9, 0.3)
HOOK = {"name": "system", "url": "https://example.org/in", "secret": SECRET}


def silence(start=NOON - HOUR, end=NOON + HOUR, **matchers):
    return {
        "name": "Spring fair",
        "from": start.isoformat(),
        "until": end.isoformat(),
        "reason": "licensed",
        "by": "Li Wei",
    } | matchers


@pytest.fixture
def open_world(tmp_path):
    made = []

    def make(**parts):
        made.append(make_world(make_site(tmp_path / str(len(made)), HOOK, drones=1, **parts)))
        return made[-1]

    yield make
    for world in made:
        world.database.close()


@pytest.fixture
def fair(open_world):
    return open_world(silences=[silence()])


@pytest.fixture
def site(open_world):
    """A site with the shipped inhibitions."""
    return open_world()


def stage(world, case_id):
    return world.read(case_id).stage


def listed(world, stage):
    page = CaseStore(world.database, world.site).page(
        OFFICER, CaseFilter(stages=[Stage(stage)]), None, 99
    )
    return [case.case_id for case in page.items]


def actions(world, case_id):
    return [entry.action for entry in world.read(case_id).log]


def sent(world):
    with world.database.read() as session:
        return [row.type.split(".")[2] for row in session.query(DeliveryRow)]


def recorded(**changes):
    """An event of a recording: nothing but what the recording shows ends its silence."""
    return make_event(clock=Clock.MEDIA, **changes)


def test_what_is_confirmed_in_a_silence_is_kept_and_waits_for_nobody(fair):
    event = recorded()
    case_id = fair.take(event)
    fair.take(event)
    case = fair.read(case_id)
    assert case.stage is Stage.SILENCED
    assert case.silenced_until == NOON + HOUR
    assert [(e.action, e.stage.value) for e in case.log] == [
        ("opened", "pending_review"),
        ("silenced", "silenced"),
    ]
    assert case.log[1].reason == "silence 'Spring fair' by Li Wei: licensed"
    assert len(case.evidence) == 3
    assert listed(fair, Stage.PENDING_REVIEW) == []
    assert listed(fair, Stage.SILENCED) == [case_id]
    fair.take(cleared(event))
    assert stage(fair, case_id) is Stage.SILENCED, "it was over before the silence was"
    assert fair.read(fair.case(at=NOON + DAY)).prior_cases == [], "nobody called it an offence"
    assert sent(fair) == []


@pytest.mark.parametrize(
    ("matchers", "event", "silenced"),
    [
        ({}, {}, True),
        ({"kinds": ["street_vending"], "cameras": ["gate"]}, {}, True),
        ({"zones": ["north pavement"]}, {}, True),
        ({"kinds": ["overflowing_bin"]}, {}, False),
        ({"cameras": ["yard"]}, {}, False),
        ({}, {"at": NOON - 2 * HOUR}, False),
        ({}, {"at": NOON - HOUR - 3 * MINUTE}, True),
        ({}, {"at": NOON + HOUR - 5 * MINUTE}, False),
    ],
)
def test_only_what_matches_and_is_confirmed_in_its_time(open_world, matchers, event, silenced):
    world = open_world(silences=[silence(**matchers)])
    case_id = world.take(recorded(**event))
    assert (stage(world, case_id) is Stage.SILENCED) is silenced


def test_what_is_seen_again_in_the_silence_stays_and_after_it_goes_to_people(fair):
    case_id = fair.take(recorded())
    assert fair.take(recorded(at=NOON + 30 * MINUTE)) == case_id
    assert stage(fair, case_id) is Stage.SILENCED
    assert fair.take(recorded(at=NOON + 2 * HOUR)) == case_id
    case = fair.read(case_id)
    assert (case.stage, case.silenced_until) == (Stage.PENDING_REVIEW, None)
    assert actions(fair, case_id) == ["opened", "silenced", "sighted", "sighted", "released"]


def test_a_camera_without_the_silence_breaks_it(open_world):
    world = open_world(silences=[silence(cameras=["gate"])])
    case_id = world.take(recorded(where=on_map(0), **BIN))
    drone = {"camera": "drone-1", "zone": "whole picture", "where": on_map(1)}
    assert world.take(recorded(at=NOON + MINUTE, **drone, **BIN)) == case_id
    assert stage(world, case_id) is Stage.PENDING_REVIEW


def test_what_clears_after_the_silence_was_seen_after_it(fair):
    event = recorded()
    case_id = fair.take(event)
    fair.take(cleared(event, 2 * HOUR))
    assert actions(fair, case_id) == ["opened", "silenced", "released", "cleared"]
    assert fair.read(case_id).when.cleared is not None
    fair.review(case_id, CONFIRM)
    assert sent(fair) == ["confirmed", "cleared"]


def test_what_a_live_camera_still_sees_when_the_silence_ends_is_listed_for_review(open_world):
    now = datetime.now(UTC)
    world = open_world(silences=[silence(now - HOUR, now - MINUTE)])
    at = now - 30 * MINUTE
    live, gone = make_event(at=at), make_event(at=at, **BIN)
    over = make_event(at=at, camera="yard", zone="whole picture")
    ids = [world.take(event) for event in (live, gone, over)]
    tape = world.take(recorded(at=at, **ROOF))
    world.take(cleared(gone, MINUTE))
    world.take(ended(over, MINUTE))
    assert [stage(world, case_id) for case_id in (*ids, tape)] == [Stage.SILENCED] * 4
    assert listed(world, Stage.PENDING_REVIEW) == ids[:1]
    assert actions(world, ids[0]) == ["opened", "silenced", "released"]
    assert set(listed(world, Stage.SILENCED)) == {*ids[1:], tape}


def test_a_silence_that_follows_another_takes_over(open_world):
    second = silence(NOON + HOUR, NOON + 3 * HOUR, name="Cleaning up")
    world = open_world(silences=[silence(), second])
    case_id = world.take(make_event())
    Suppression(world.site).release_due(world.database, NOON + HOUR)
    case = world.read(case_id)
    assert (case.stage, case.silenced_until) == (Stage.SILENCED, NOON + 3 * HOUR)
    assert "Cleaning up" in case.log[-1].reason
    Suppression(world.site).release_due(world.database, NOON + 3 * HOUR)
    assert stage(world, case_id) is Stage.PENDING_REVIEW


def test_a_list_is_given_although_the_database_takes_no_writes(open_world):
    now = datetime.now(UTC)
    world = open_world(silences=[silence(now - HOUR, now - MINUTE)])
    case_id = world.case(at=now - 30 * MINUTE)
    with world.database.engine.connect() as connection:
        connection.execute(text("PRAGMA query_only=ON"))
        pooled = connection.connection.dbapi_connection
    assert listed(world, Stage.SILENCED) == [case_id]
    pooled.execute("PRAGMA query_only=OFF")
    assert listed(world, Stage.SILENCED) == []


@pytest.mark.parametrize("request_", [CONFIRM, REJECT])
def test_a_person_may_decide_about_what_is_silenced(fair, request_):
    event = recorded()
    case_id = fair.take(event)
    case = fair.review(case_id, request_)
    assert case.silenced_until is None
    fair.take(cleared(event, 5 * HOUR))
    assert "released" not in actions(fair, case_id)


def test_garbage_on_the_site_of_a_structure_is_inhibited_and_a_bin_is_not(site):
    source = site.case(**ROOF)
    garbage = site.case(box=ELSEWHERE, **GARBAGE)
    case = site.read(garbage)
    assert (case.stage, case.inhibited_by) == (Stage.INHIBITED, source)
    assert [e.action for e in case.log] == ["opened", "inhibited"]
    assert case.log[1].data["inhibitor"] == source
    (said,) = case.log[1].data["said"]  # the sentence in the page's language is made of it
    assert (said["code"], said["params"]["case"]) == ("inhibitor_open", source)
    assert source in case.log[1].reason
    assert listed(site, Stage.PENDING_REVIEW) == [source]
    assert stage(site, site.case(**BIN)) is Stage.PENDING_REVIEW
    yard = site.case(camera="yard", zone="whole picture", **GARBAGE)
    assert stage(site, yard) is Stage.PENDING_REVIEW


def test_what_people_know_of_already_is_not_taken_from_them(site):
    garbage = site.case(**GARBAGE)
    site.case(**ROOF)
    assert site.case(at=NOON + DAY, **GARBAGE) == garbage
    assert stage(site, garbage) is Stage.PENDING_REVIEW


@pytest.mark.parametrize("end", ["rejected", "cleared", "ended"])
def test_what_is_still_there_when_its_inhibitor_ends_goes_to_people(site, end):
    event = make_event(**ROOF)
    source = site.take(event)
    there = site.case(box=ELSEWHERE, **GARBAGE)
    event_gone = make_event(box=(0.1, 0.8, 0.2, 0.9), **GARBAGE)
    gone = site.take(event_gone)
    site.take(cleared(event_gone, MINUTE))
    if end == "rejected":
        site.review(source, REJECT)
    else:
        over = (cleared if end == "cleared" else ended)(event)
        site.take(over)
        site.take(over)
    case = site.read(there)
    assert (case.stage, case.inhibited_by) == (Stage.PENDING_REVIEW, None)
    assert actions(site, there) == ["opened", "inhibited", "released"]
    assert stage(site, gone) is Stage.INHIBITED
    new = site.case(at=NOON + DAY, box=(0.4, 0.1, 0.6, 0.2), **GARBAGE)
    assert stage(site, new) is Stage.PENDING_REVIEW


def test_a_second_structure_goes_on_inhibiting(site):
    one, two = site.case(**ROOF), site.case(box=ELSEWHERE, **ROOF)
    garbage = site.case(**GARBAGE)
    assert site.read(garbage).inhibited_by == two
    site.review(two, REJECT)
    assert site.read(garbage).inhibited_by == one
    assert actions(site, garbage) == ["opened", "inhibited", "inhibited"]
    site.review(one, CONFIRM)
    assert stage(site, garbage) is Stage.INHIBITED


@pytest.mark.parametrize(
    ("metres", "inhibited"), [(0, True), (29, True), (31, False), (5000, False)]
)
def test_on_the_map_a_site_is_thirty_metres_whichever_camera_sees_it(site, metres, inhibited):
    drone = {"camera": "drone-1", "zone": "whole picture"}
    site.case(where=on_map(0), **drone, **ROOF)
    garbage = site.case(where=on_map(metres), **GARBAGE)
    assert (stage(site, garbage) is Stage.INHIBITED) is inhibited


def test_the_one_zone_of_a_flying_camera_is_no_site(site):
    drone = {"camera": "drone-1", "zone": "whole picture"}
    site.case(where=on_map(0), **drone, **ROOF)
    assert stage(site, site.case(**drone, **GARBAGE)) is Stage.PENDING_REVIEW


def test_a_silenced_structure_inhibits_nothing(open_world):
    world = open_world(silences=[silence(kinds=["illegal_structure"])])
    assert stage(world, world.case(**ROOF)) is Stage.SILENCED
    assert stage(world, world.case(**GARBAGE)) is Stage.PENDING_REVIEW


def test_a_silence_comes_before_an_inhibition_and_gives_way_to_it(open_world):
    world = open_world(silences=[silence(kinds=["overflowing_bin"])])
    source = world.case(**ROOF)
    garbage = world.take(recorded(**GARBAGE))
    assert stage(world, garbage) is Stage.SILENCED
    assert world.take(recorded(at=NOON + DAY, **GARBAGE)) == garbage
    assert world.read(garbage).inhibited_by == source
    assert actions(world, garbage)[-1] == "inhibited"


def test_a_site_that_wants_no_inhibition_has_none(open_world):
    world = open_world(inhibit=[])
    world.case(**ROOF)
    assert stage(world, world.case(**GARBAGE)) is Stage.PENDING_REVIEW

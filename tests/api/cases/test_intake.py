"""Intake: new cases, sightings of open ones, clearing; the same event twice changes nothing."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from api.cases.intake import CaseIntake
from api.delivery.events import Announcer
from api.errors import CaseError, DatabaseUnavailable
from api.storage.tables import CaseRow, DeliveryRow
from tests.api.world import (
    BIN,
    CONFIRM,
    DETECTOR,
    NOON,
    REJECT,
    ROOF,
    SECRET,
    cleared,
    ended,
    make_event,
    make_site,
    make_world,
    on_map,
    store_pictures,
)
from vision.episodes import EpisodeStage
from vision.evidence import EvidenceItem, EvidenceRole
from vision.gap import Gap, GapCause
from vision.rules.reasons import unpermitted
from vision.sources.clip_facts import ClipFacts

HOUR = timedelta(hours=1)


def test_a_case_carries_what_a_case_system_files(world):
    case = world.read(world.case())
    assert case.stage == "pending_review"
    assert {c.scheme: c.code for c in case.codes} == {
        "GB/T 47678.5-2026": "09006",
        "GB/T 30428.2-2013": "0406",
    }
    assert (case.where.grid, case.where.division) == ("421303001002003", "421303")
    assert case.where.method == "camera_registered"
    assert case.where.accuracy_m is None
    assert case.when.dwell_s == 300
    assert case.when.clock == "stream"
    assert case.detector.model == "streetwarden-n"
    assert (case.detector.score, case.detector.looks) == (0.83, 6)
    assert "admissibility" in case.legal_use_reason
    assert case.why[0].zh == "停留5分钟，共6次"
    assert {e.role.value: e.redacted for e in case.evidence} == {
        "original": False,
        "masked": True,
        "annotated": True,
    }


def test_a_camera_without_a_place_still_makes_a_case(world):
    case = world.read(world.case(camera="yard", zone="whole picture"))
    assert case.where.lon is None
    assert case.where.method is None


def test_the_same_event_again_changes_nothing(world):
    event = make_event()
    items = store_pictures(world.evidence, event)
    ids = {world.intake.take(event, items) for _ in range(3)}
    assert len(ids) == 1
    gone = cleared(event)
    after = store_pictures(world.evidence, gone)
    ids |= {world.intake.take(gone, after) for _ in range(3)}
    ids.add(world.intake.take(event, items))
    assert len(ids) == 1
    case = world.read(ids.pop())
    assert [e.action for e in case.log] == ["opened", "cleared"]
    assert len(case.evidence) == 6
    assert case.when.cleared == gone.episode.cleared_at


def the_clip(world, event):
    """The event that brings a clip, and the clip."""
    facts = ClipFacts(NOON, 10, 10, NOON, NOON, missing=("only 3.0 s of the 10 s after: it died",))
    supplement = replace(
        event, episode=replace(event.episode, stage=EpisodeStage.SUPPLEMENTED), clip=facts
    )
    content = b"what a camera sent"
    clip = EvidenceItem(
        world.evidence.put(content), EvidenceRole.ORIGINAL, "video/mp4", len(content), "gate", NOON,
        "confirmed",
    )  # fmt: skip
    return supplement, clip


def test_a_clip_comes_later_and_once_and_tells_what_it_lacks(world):
    event = make_event()
    case_id = world.take(event)
    supplement, clip = the_clip(world, event)
    assert {world.intake.take(supplement, [clip]) for _ in range(3)} == {case_id}
    assert world.intake.take(supplement, []) == case_id
    case = world.read(case_id)
    assert [e.action for e in case.log] == ["opened", "supplemented"]
    assert case.log[1].data["evidence"] == [clip.sha256]
    assert case.log[1].data["clip"]["missing"] == ["only 3.0 s of the 10 s after: it died"]
    (kept,) = [e for e in case.evidence if e.media_type == "video/mp4"]
    assert (kept.sha256, kept.moment, kept.redacted) == (clip.sha256, "confirmed", False)
    assert case.stage == "pending_review"


def test_a_clip_of_what_never_became_a_case_is_none(world):
    supplement, clip = the_clip(world, make_event())
    assert world.intake.take(supplement, [clip]) is None


def test_gaps_stand_in_the_log(world):
    gap = Gap(GapCause.COVERED, NOON, NOON + timedelta(seconds=30))
    event = replace(make_event(), gaps=(gap,))
    opened, *_ = world.read(world.take(event)).log
    assert opened.data["gaps"] == [
        {"cause": "covered", "since": "2026-05-21T04:00:00Z", "until": "2026-05-21T04:00:30Z"}
    ]


def test_an_episode_taken_by_many_threads_is_one_case(world):
    event = make_event()
    items = store_pictures(world.evidence, event)
    got, barrier = [], threading.Barrier(6)

    def take():
        barrier.wait()
        got.append(world.intake.take(event, items))

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 6
    assert len(set(got)) == 1
    assert len(world.read(got[0]).log) == 1


@pytest.mark.parametrize(("later", "same"), [(HOUR, True), (4 * HOUR, True), (5 * HOUR, False)])
def test_vending_at_one_place_within_four_hours_is_one_case(world, later, same):
    first = make_event()
    case_id = world.take(first)
    world.take(cleared(first))
    end = cleared(first).episode.last_seen_at
    again = make_event(at=end + later)
    assert (world.take(again) == case_id) is same
    if same:
        case = world.read(case_id)
        assert case.sightings == 2
        assert case.when.cleared is None, "it is back"
        assert case.when.dwell_s == 1500, "the gap is no stay"
        assert [e.action for e in case.log] == ["opened", "cleared", "reopened"]


def test_a_bin_is_one_case_until_it_is_cleared_and_two_bins_are_two(world):
    first = make_event(**BIN)
    case_id = world.take(first)
    assert world.case(at=NOON + 50 * HOUR, box=(0.22, 0.4, 0.52, 0.8), **BIN) == case_id
    assert world.case(at=NOON + HOUR, box=(0.7, 0.4, 0.9, 0.8), **BIN) != case_id
    world.take(cleared(first, 60 * HOUR))
    assert world.case(at=NOON + 70 * HOUR, **BIN) == case_id, "one of its sightings is still there"


def test_a_bin_that_was_emptied_overflows_anew(world):
    first = make_event(**BIN)
    case_id = world.take(first)
    world.take(cleared(first))
    assert world.case(at=NOON + HOUR, **BIN) != case_id


def test_two_trucks_are_two_cases(world):
    assert len({world.case(kind="dirty_truck", subtype="spill") for _ in range(3)}) == 3


@pytest.mark.parametrize(
    "other", [{"camera": "yard", "zone": "whole picture"}, {"zone": "south"}, BIN]
)
def test_another_place_or_kind_is_another_case(world, other):
    assert world.case() != world.case(**other)


def test_a_rejected_case_takes_no_sighting(world):
    case_id = world.case()
    world.review(case_id, REJECT)
    assert world.case(at=NOON + HOUR) != case_id


def test_what_never_became_a_case_clears_silently(world):
    assert world.intake.take(cleared(make_event()), []) is None
    assert world.intake.take(make_event(EpisodeStage.OPENED), []) is None
    assert world.intake.take(make_event(EpisodeStage.DROPPED), []) is None


def test_what_a_camera_held_that_has_left_the_site_ends(world):
    event = make_event()
    case_id = world.take(event)
    others = tuple(c for c in world.site.cameras if c.id != event.episode.camera)
    without = world.site.model_copy(update={"cameras": others})
    intake = CaseIntake(world.database, without, DETECTOR, lambda *_: None)
    assert intake.take(ended(event), []) == case_id
    assert [e.action for e in world.read(case_id).log] == ["opened", "ended"]
    assert world.read(case_id).when.ended is not None


def test_unknown_names_are_refused_in_words(world):
    with pytest.raises(CaseError, match="not in the site file"):
        world.case(camera="elsewhere")
    with pytest.raises(CaseError, match="no sub-type"):
        world.case(subtype="nonsense")
    with world.database.read() as session:
        assert session.scalar(select(CaseRow)) is None, "nothing half-made stays"


@pytest.fixture
def hooked(tmp_path):
    hook = {"name": "system", "url": "https://example.org/in", "secret": SECRET}
    made = make_world(make_site(tmp_path, hook))
    yield made
    made.database.close()


def queued(world):
    with world.database.read() as session:
        rows = session.scalars(select(DeliveryRow).order_by(DeliveryRow.id))
        return [(row.type.split(".")[2], row.sequence) for row in rows]


def test_clearing_is_announced_only_behind_a_persons_confirmation(hooked):
    event = make_event()
    hooked.take(event)
    hooked.take(cleared(event))
    assert queued(hooked) == []
    other = make_event(kind="dirty_truck", subtype="spill")
    case_id = hooked.take(other)
    hooked.review(case_id, CONFIRM)
    hooked.take(cleared(other))
    assert queued(hooked) == [("confirmed", 1), ("cleared", 2)]


def test_what_cleared_while_it_waited_is_announced_with_its_confirmation(hooked):
    event = make_event()
    case_id = hooked.take(event)
    hooked.take(cleared(event))
    hooked.review(case_id, CONFIRM)
    assert queued(hooked) == [("confirmed", 1), ("cleared", 2)]


def test_a_database_that_cannot_write_is_said_and_the_event_can_come_again(world):
    event = make_event()
    items = store_pictures(world.evidence, event)
    with world.database.engine.connect() as connection:
        connection.execute(text("PRAGMA query_only=ON"))
        pooled = connection.connection.dbapi_connection
    with pytest.raises(DatabaseUnavailable, match="writable"):
        world.intake.take(event, items)
    assert pooled is not None
    pooled.execute("PRAGMA query_only=OFF")
    assert world.intake.take(event, items)


def test_a_full_disk_is_said_and_the_event_can_come_again(world):
    with world.database.engine.connect() as connection:
        pooled = connection.connection.dbapi_connection
    assert pooled is not None
    pages = pooled.execute("PRAGMA page_count").fetchone()[0]
    pooled.execute(f"PRAGMA max_page_count={pages}")
    event = make_event(zone="x" * 20_000)  # more than the pages at hand hold
    items = store_pictures(world.evidence, event)
    with pytest.raises(DatabaseUnavailable, match="free space"):
        world.intake.take(event, items)
    pooled.execute(f"PRAGMA max_page_count={pages + 1000}")
    assert world.intake.take(event, items)


def test_the_log_only_grows(world):
    world.case()
    for statement in ("UPDATE case_log SET actor = 'nobody'", "DELETE FROM case_log"):
        with pytest.raises(DatabaseError, match="append-only"), world.database.write() as session:
            session.execute(text(statement))


def test_cleared_numbers_follow_the_last_look(world):
    event = make_event()
    case_id = world.take(event)
    last = cleared(event)
    last = replace(last, episode=replace(last.episode, score=0.9))
    world.take(last)
    case = world.read(case_id)
    assert (case.detector.score, case.detector.looks) == (0.9, 26)


def test_a_case_says_whether_permits_were_looked_at(world):
    assert world.read(world.case()).permit_check.result == "not_checked"
    event = make_event(zone="south")
    why = (unpermitted(["night market"]), *event.episode.why)
    case = world.read(world.take(replace(event, episode=replace(event.episode, why=why))))
    assert case.permit_check.result == "none_covers"
    assert "night market" in case.permit_check.reason


def test_what_ended_by_the_clock_is_not_cleared_and_says_why(hooked):
    event = make_event()
    case_id = hooked.take(event)
    hooked.review(case_id, CONFIRM)
    over = ended(event)
    assert {hooked.intake.take(over, []) for _ in range(3)} == {case_id}
    case = hooked.read(case_id)
    assert (case.when.cleared, case.when.ended) == (None, over.episode.ended_at)
    assert case.when.ended_by == "hours_over"
    assert [e.action for e in case.log] == ["opened", "confirmed", "ended"]
    assert case.log[-1].data["ended_by"] == "hours_over"
    assert queued(hooked) == [("confirmed", 1)], "nobody saw it gone"


def test_the_end_is_sent_to_who_asks_for_it(tmp_path):
    stages = ["confirmed", "cleared", "ended", "reopened"]
    hook = {"name": "s", "url": "https://example.org/in", "secret": SECRET, "stages": stages}
    made = make_world(make_site(tmp_path, hook))
    event = make_event()
    case_id = made.take(event)
    made.take(ended(event))
    made.review(case_id, CONFIRM)
    assert queued(made) == [("confirmed", 1), ("ended", 2)]
    again = make_event(at=NOON + HOUR)
    assert made.take(again) == case_id
    assert made.read(case_id).when.ended is None
    made.take(cleared(again))
    case = made.read(case_id)
    assert case.when.ended == case.when.cleared is not None
    assert case.when.ended_by == "cleared"
    assert queued(made)[2:] == [("reopened", 3), ("cleared", 4)]
    made.database.close()


def test_a_case_that_comes_back_is_reopened(hooked):
    event = make_event()
    case_id = hooked.take(event)
    hooked.review(case_id, CONFIRM)
    hooked.take(cleared(event))
    assert hooked.take(make_event(at=NOON + HOUR)) == case_id
    assert queued(hooked) == [("confirmed", 1), ("cleared", 2), ("reopened", 3)]
    assert [e.action for e in hooked.read(case_id).log][-1] == "reopened"


def test_what_was_seen_before_its_end_reopens_nothing(hooked):
    event = make_event()
    case_id = hooked.take(event)
    hooked.take(cleared(event))
    assert hooked.take(make_event()) == case_id, "the recording is watched again"
    assert [e.action for e in hooked.read(case_id).log] == ["opened", "cleared", "sighted"]


def test_the_next_day_is_a_new_case_that_knows_the_one_of_the_day_before(world):
    event = make_event()
    case_id = world.take(event)
    world.take(ended(event))
    tomorrow = world.take(make_event(at=NOON + 20 * HOUR))
    assert tomorrow != case_id
    assert world.read(tomorrow).prior_cases == [case_id]


@pytest.mark.parametrize(("kind", "days", "same"), [
    (BIN, 6, True), (BIN, 8, False), (BIN, 200, False), (ROOF, 170, True), (ROOF, 200, False)
])  # fmt: skip
def test_a_case_left_open_does_not_swallow_what_comes_beyond_its_horizon(world, kind, days, same):
    first = world.case(**kind)
    again = world.case(at=NOON + days * 24 * HOUR, **kind)
    assert (again == first) is same
    assert same or world.read(again).prior_cases == [first]


def test_the_horizon_is_the_sites_and_no_matter_while_another_camera_holds_it(tmp_path):
    site = make_site(tmp_path, defaults={"overflowing_bin": {"horizon": "2d"}}, drones=1)
    made = make_world(site)
    here = BIN | {"where": on_map(0)}
    first = made.case(**here)
    drone = here | {"camera": "drone-1", "zone": "whole picture"}
    assert made.case(at=NOON + 72 * HOUR, **drone) == first, "the gate has it in view"
    assert made.case(at=NOON + 6 * 24 * HOUR, **here) != first
    made.database.close()


def test_what_no_rule_holds_at_the_start_ends_unwatched(tmp_path):
    hook = {"name": "s", "url": "https://example.org/in", "secret": SECRET, "stages": ["ended"]}
    site = make_site(tmp_path, hook, drones=1)
    made = make_world(site)
    kept, lost = make_event(), make_event(**BIN)
    left = make_event(camera="yard", zone="whole picture", **ROOF)
    flown = make_event(camera="drone-1", zone="whole picture", where=on_map(0), **ROOF)
    ids = [made.take(event) for event in (kept, lost, left, flown)]
    for case_id in ids:
        made.review(case_id, CONFIRM)
    cameras = tuple(c for c in site.cameras if c.id != "yard")
    fewer = site.model_copy(update={"cameras": cameras})
    intake = CaseIntake(made.database, fewer, DETECTOR, Announcer(fewer).announce)
    assert intake.end_unwatched({kept.episode.id}) == 2
    assert intake.end_unwatched({kept.episode.id}) == 0
    how = [made.read(case_id).when for case_id in ids]
    assert [when.ended_by for when in how] == [None, "unwatched", "unwatched", None]
    assert all(when.cleared is None for when in how)
    assert how[1].ended == how[1].last_seen
    assert [stage for stage, _ in queued(made)] == ["ended", "ended"]
    made.take(cleared(lost))
    assert made.read(ids[1]).when.ended_by == "cleared", "it was seen gone after all"
    made.database.close()


def test_times_follow_a_clock_that_was_set_back(world):
    event = make_event(at=NOON + HOUR)
    case_id = world.take(event)
    gone = cleared(event, -50 * timedelta(minutes=1))
    back = {"opened_at": NOON, "confirmed_at": NOON + timedelta(minutes=5)}
    world.take(replace(gone, episode=replace(gone.episode, **back)))
    case = world.read(case_id)
    assert case.when.first_seen == NOON
    assert case.when.first_seen <= case.when.confirmed <= case.when.last_seen <= case.when.cleared
    assert case.when.dwell_s > 0

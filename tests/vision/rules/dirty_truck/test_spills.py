"""What a truck leaves on the road is its own, if nothing else can be."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vision.episodes import EpisodeEvent
from vision.rules import CameraRules
from vision.rules.dirty_truck.road import Cover, Road
from vision.rules.record import Record
from vision.rules.replay import replay

Box = tuple[float, float, float, float]
Seen = tuple[str, Box, float]
FPS = 5
START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
COMES, GOES = 10, 30  # looks between which a truck is in the picture
SPOT: Box = (0.44, 0.74, 0.5, 0.8)  # where it drives
BESIDE: Box = (0.44, 0.36, 0.5, 0.42)  # behind its body
LATER = 23  # the first look in which the truck has left the spot


def truck(n: int) -> list[Seen]:
    """It drives from left to right, 0.3 wide and 0.4 high."""
    x = -0.3 + 0.065 * (n - COMES)
    if not COMES <= n < GOES:
        return []
    return [("truck", (max(x, 0.0), 0.4, min(x + 0.3, 1.0), 0.8), 0.9)]


def garbage(box: Box = SPOT, score: float = 0.7) -> list[Seen]:
    return [("garbage", box, score)]


def spill(n: int) -> list[Seen]:
    return truck(n) + (garbage() if n >= LATER else [])


def at_the_edge(n: int) -> list[Seen]:
    """The truck stood over the spot when it was seen last, at the edge of the picture."""
    return truck(n) + (garbage((0.9, 0.74, 0.96, 0.8)) if n >= GOES else [])


def watched(scene: type[Any], **more: Any) -> Any:
    return scene("dirty_truck", fps=FPS, looks=3, clear="3s", **more)


def played(
    s: Any, what: Callable[[int], Sequence[Seen]], looks: range = range(60), load: str = "covered"
) -> list[EpisodeEvent]:
    for n in looks:
        s.look(n / FPS, what(n), track=7, load=load)
    return s.events  # type: ignore[no-any-return]


def test_what_lies_behind_a_truck_is_a_spill(scene):
    s = watched(scene)
    confirmed, cleared = played(s, spill)
    episode = confirmed.episode
    assert (episode.kind, episode.subtype) == ("dirty_truck", "spill")
    assert confirmed.focus == (0, 1), "the picture shows the truck and what it left"
    assert episode.box == pytest.approx(SPOT, abs=1e-6)
    assert cleared.episode.id == episode.id
    assert s.rule.inspected == 1
    (why,) = episode.why
    assert "3 of 3 frames" in why.en
    assert "共检测3帧，3帧检出" in why.zh
    assert why.data == {
        "frames": 3, "chances": 3, "score": 0.7, "after_s": 0.2, "clean_looks_before": 15,
    }  # fmt: skip


def test_a_spill_that_is_seen_after_the_truck_is_shown_by_the_trucks_best_look(scene):
    plate = ("plate", (0.3, 0.7, 0.35, 0.75), 0.8)
    confirmed, _ = played(watched(scene), lambda n: at_the_edge(n) + ([plate] if n == 18 else []))
    best = confirmed.stills[-1]
    assert (best.moment, best.frame.index, best.focus, best.details) == ("best", 18, (0,), (1,))
    assert confirmed.episode.confirmed_at > confirmed.episode.last_seen_at


@pytest.mark.parametrize("score", [0.15, 0.7])
def test_what_lay_there_before_is_not_the_trucks(scene, score):
    def seen(n: int) -> list[Seen]:
        hidden = any(x1 < SPOT[2] and SPOT[0] < x2 for _, (x1, _, x2, _), _ in truck(n))
        return truck(n) + ([] if hidden else garbage(score=score if n < COMES else 0.7))

    assert played(watched(scene), seen) == []


def test_what_was_seen_once_minutes_ago_still_lies_there(scene):
    def seen(n: int) -> list[Seen]:
        return garbage() if n == 0 else spill(n - 500)

    assert played(watched(scene), seen, range(560)) == []


def test_nobody_is_told_of_where_nobody_looked_before(scene):
    assert played(watched(scene), spill, range(COMES + 6, 60)) == []


def test_nobody_is_told_of_over_a_gap(scene):
    s = watched(scene)
    played(s, truck, range(LATER - 2))
    for n in range(LATER + 10, 60):  # the pass is not over yet
        s.look(n / FPS, garbage())
    assert s.events == []
    assert s.rule.inspected == 1


@pytest.mark.parametrize("score", [0.12, 0.9])
@pytest.mark.parametrize("who", ["car", "bus", "motorcycle", "bicycle", "person", "truck"])
def test_nobody_is_told_of_where_somebody_else_was_too(scene, who, score):
    def seen(n: int) -> list[Seen]:
        other = [(who, (0.42, 0.5, 0.52, 0.81), score)] if n == LATER else []
        return truck(n) + (other or (garbage() if n > LATER else []))

    s = watched(scene)
    for n in range(60):
        s.look(n / FPS, seen(n), track=None, load="covered")
    assert s.events == []


@pytest.mark.parametrize("who", ["car", "motorcycle", "bicycle", "person"])
def test_nobody_is_told_of_where_somebody_else_passed_between_two_looks(scene, who):
    def seen(n: int) -> list[Seen]:
        x = {LATER: 0.34, LATER + 1: 0.54}.get(n)
        other = [(who, (x, 0.6, x + 0.06, 0.81), 0.9)] if x else []
        return truck(n) + other + (garbage() if n > LATER else [])

    assert played(watched(scene), seen) == []


def test_nobody_is_told_of_after_a_convoy_that_moves_by_its_own_length(scene):
    """Each truck stands where the one before it stood."""

    def seen(n: int) -> list[Seen]:
        at = [0.2 * (n - COMES - k) for k in range(5)]
        trucks = [("truck", (x, 0.4, x + 0.2, 0.8), 0.9) for x in at if 0 <= x < 0.9]
        return trucks + (garbage() if n >= COMES + 7 else [])

    s = scene("dirty_truck", fps=1, looks=3, clear="10s")
    for n in range(40):
        s.look(n, seen(n), load="covered")
    assert s.events == []


def test_nobody_is_told_of_whose_load_is_read_now_open_now_covered(scene):
    s = watched(scene)
    for n in range(60):
        s.look(n / FPS, spill(n), track=7, load="covered" if n % 3 else "open")
    assert s.events == []


@pytest.mark.parametrize("since", [COMES, COMES + 2])
def test_few_clean_looks_are_not_enough(scene, since):
    assert played(watched(scene), spill, range(since, 60)) == []


@pytest.mark.parametrize("begins", range(16, 22))
def test_a_gap_is_more_than_three_looks_apart(scene, begins):
    s = watched(scene)
    for n in [*range(begins), *range(begins + 4, 60)]:
        s.look(n / FPS, spill(n), track=7, load="covered")
    assert s.events == []


def test_more_looks_than_are_told_apart_can_be_asked_for(scene):
    s = scene("dirty_truck", fps=FPS, looks=12, clear="3s")
    assert [e.episode.subtype for e in played(s, spill)] == ["spill", "spill"]


def test_a_box_that_is_no_number_is_nobody():
    nan, road = float("nan"), Road(3)
    for n in range(3):
        road.look(START + n * timedelta(seconds=1), [Cover(1, (nan, 0.1, 0.2, 0.3), drives=True)])
    assert road.passage((nan, 0.1, 0.2, 0.3)) is None


@pytest.mark.parametrize(("track", "told"), [(None, ["spill"]), (7, [])])
def test_nobody_is_told_of_where_two_trucks_are_taken_for_one(scene, track, told):
    def seen(n: int) -> list[Seen]:
        second = truck(n - 10)
        hidden = any(x1 < SPOT[2] and SPOT[0] < x2 for _, (x1, _, x2, _), _ in second)
        return truck(n) + second + (garbage() if n >= LATER and not hidden else [])

    s = watched(scene)
    for n in range(60):
        s.look(n / FPS, seen(n), track=track, load="covered")
    assert [e.episode.subtype for e in s.confirmed()] == told


def test_who_was_there_long_before_does_not_matter(scene):
    def seen(n: int) -> list[Seen]:
        return [("car", SPOT, 0.9)] if n < 2 else spill(n)

    assert [e.episode.subtype for e in played(watched(scene), seen)] == ["spill", "spill"]


def test_what_appears_after_clean_looks_is_not_the_trucks(scene):
    def seen(n: int) -> list[Seen]:
        return truck(n) + (garbage() if n >= LATER + 4 else [])

    assert played(watched(scene), seen) == []


def test_what_lies_beside_its_way_is_not_the_trucks(scene):
    def seen(n: int) -> list[Seen]:
        return truck(n) + (garbage(BESIDE) if n >= LATER else [])

    assert played(watched(scene), seen) == []


def test_an_open_load_is_not_on_the_road(scene):
    """The truck halts, and its load is taken for garbage."""

    def seen(n: int) -> list[Seen]:
        return truck(min(n, 20)) + (garbage() if n > 20 else [])

    assert played(watched(scene), seen) == []


def test_a_camera_that_moves_sees_no_spills(scene):
    assert played(watched(scene, camera={"type": "vehicle"}), spill) == []


def test_flicker_is_no_spill(scene):
    def seen(n: int) -> list[Seen]:
        return truck(n) + (garbage() if n >= LATER and n % 3 == LATER % 3 else [])

    assert played(watched(scene), seen) == []


def test_an_open_truck_that_spills_is_one_episode(scene):
    events = played(watched(scene), spill, load="open")
    assert [e.episode.subtype for e in events] == ["not_sealed"] * 2


def test_a_restart_at_every_look_changes_nothing(scene):
    s, events = watched(scene), []
    for n in range(60):
        again = watched(scene)
        again.rule.recall(json.loads(json.dumps(s.rule.remember())))
        s, again.index = again, n
        events += s.look(n / FPS, spill(n), track=n // 4, load="covered")
    assert [(e.episode.stage, e.episode.subtype, e.episode.why) for e in events] == [
        (e.episode.stage, e.episode.subtype, e.episode.why) for e in played(watched(scene), spill)
    ]


def test_after_a_restart_nobody_is_told_of_without_a_picture_of_the_truck(scene):
    s, again = watched(scene), watched(scene)
    played(s, at_the_edge, range(GOES + 11))
    again.rule.recall(json.loads(json.dumps(s.rule.remember())))
    assert played(again, at_the_edge, range(GOES + 11, 60)) == []
    assert played(s, at_the_edge, range(GOES + 11, 60)) != [], "else one would have been"


def test_a_spill_is_decided_again_from_its_record(scene):
    s = watched(scene)
    s.rule = CameraRules([s.rule], model={})
    for event in played(s, spill):
        assert event.record is not None
        record = Record.from_json(event.record)
        assert record.episode.subtype == "spill"
        assert replay(record).same


def test_what_an_earlier_version_remembered_is_gone_on_from(scene):
    s = watched(scene)
    s.rule.recall({"inspected": 3, "passes": []})
    assert played(s, spill)[0].episode.subtype == "spill"
    assert s.rule.inspected == 4


def test_a_calm_road_is_seldom_noted_anew(scene):
    s, notes = watched(scene), set()
    for n in range(200):
        s.look(n / FPS, [])
        if n >= 20:
            notes.add(json.dumps(s.rule.remember()))
    assert len(notes) < 90


things = st.lists(
    st.sampled_from([
        ("truck", (0.1, 0.4, 0.4, 0.8), 0.9), ("truck", (0.3, 0.4, 0.6, 0.8), 0.9),
        ("truck", (0.6, 0.4, 0.9, 0.8), 0.9), ("car", (0.4, 0.6, 0.55, 0.8), 0.9),
        ("garbage", SPOT, 0.7), ("garbage", SPOT, 0.2), ("garbage", BESIDE, 0.7),
    ]),
    max_size=3, unique=True,
)  # fmt: skip
steps = st.sampled_from([0.2, 0.2, 0.2, 0.0, 5.0, -1.0])
timelines = st.lists(st.tuples(steps, things, st.integers(1, 6)), max_size=12)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(timeline=timelines)
def test_no_order_of_looks_breaks_the_road(scene, timeline):
    s, at, seen = watched(scene), 0.0, 0
    for step, shown, times in timeline:
        for k in range(times):
            at += step if k == 0 else 1 / FPS
            surely = any(name == "garbage" and score > 0.4 for name, _, score in shown)
            seen += surely
            for event in s.look(at, shown, track=None, load="covered"):
                assert event.episode.subtype == "spill"
                assert seen >= 3
                assert event.episode.box != pytest.approx(BESIDE, abs=1e-6)
    again, state = watched(scene), json.dumps(s.rule.remember())
    again.rule.recall(json.loads(state))
    before, after = json.loads(state)["spills"], again.rule.remember()["spills"]
    assert (after["road"], after["litter"]) == (before["road"], before["litter"])

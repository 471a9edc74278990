"""A zone that is seen only while its camera stands at one preset."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta

import pytest

from tests.vision.rules.conftest import START
from vision.look import Look

STALL = ("stall", (0.3, 0.4, 0.5, 0.7), 0.9)
OTHER = ("stall", (0.6, 0.4, 0.8, 0.7), 0.9)
VENDING = {"dwell": "5m", "looks": 3, "clear": "2m"}
PRESET = {"preset": "gate"}
DOME = {"presets": ({"name": "gate", "picture": "gate.png"},)}
EVERY, LASTS = 180, 30  # seconds: a patrol of three minutes stays half a minute


def visit(number: int) -> range:
    return range(number * EVERY, number * EVERY + LASTS)


def facts(made) -> list[tuple[str, float]]:
    start = made.events[0].episode.opened_at if made.events else None
    return [
        (e.episode.stage.value, (e.frame.captured_at - start).total_seconds()) for e in made.events
    ]


def turned(second: int) -> Look:
    """What the pipeline tells of the visit; of the first one it does not know when it began."""
    begun = START + timedelta(seconds=second // EVERY * EVERY)
    return Look(visit=begun if second >= EVERY else None)


def play(made, seconds: Iterable[int], seen: Iterable[tuple] = ()) -> None:
    for second in seconds:
        made.look(second, list(seen), known=turned(second))


def watch(scene, **more):
    return scene("street_vending", zone=PRESET, camera=DOME, **(VENDING | more))


def test_a_stall_found_again_at_each_visit_stays_and_is_cleared_when_it_is_gone(scene):
    made = watch(scene)
    for number in range(4):
        play(made, visit(number), [STALL])
    # Seen in as many visits as the rule wants looks.
    assert facts(made) == [("opened", 1.0), ("confirmed", 2 * EVERY)]
    (event,) = made.confirmed()
    between = [r.data["between_s"] for r in event.episode.why if "between_s" in r.data]
    assert between == [300.0]  # of 302 s
    play(made, visit(4))  # half a minute gone is not two
    assert made.stages() == ["opened", "confirmed"]
    play(made, visit(5))
    assert facts(made)[2:] == [("cleared", 5 * EVERY + 1.0)]


def test_the_same_looks_at_a_fixed_camera_are_gaps(scene):
    made = scene("street_vending", **VENDING)
    for number in range(8):
        for second in visit(number):
            made.look(second, [STALL])
    assert set(made.stages()) == {"opened", "dropped"}


def test_what_was_not_seen_at_the_end_or_the_beginning_of_a_visit_has_not_stayed(scene):
    made = watch(scene)
    for number in range(6):
        seconds = visit(number)
        play(made, seconds[:20], [STALL])
        play(made, seconds[20:])
    assert "confirmed" not in made.stages()


def test_one_who_comes_by_at_two_visits_has_not_stayed(scene):
    made = watch(scene)
    play(made, visit(0), [STALL])
    play(made, visit(1), [STALL])
    for number in (2, 3, 4):
        play(made, visit(number))
    assert made.stages() == ["opened", "dropped"]


def test_another_at_another_spot_is_not_the_same(scene):
    made = watch(scene)
    for number in range(8):
        play(made, visit(number), [STALL if number % 2 else OTHER])
    assert "confirmed" not in made.stages()


def test_visits_farther_apart_than_the_dwell_are_not_one_stay(scene):
    made = watch(scene)
    for number in range(0, 12, 2):  # every six minutes
        play(made, visit(number), [STALL])
    assert "confirmed" not in made.stages()


def test_a_gap_while_the_camera_stood_still_is_no_visit(scene):
    made = watch(scene)
    for second in (0, 1, 2, 180, 181, 182, 360, 361, 362):
        made.look(second, [STALL], known=Look(visit=START))
    assert set(made.stages()) == {"opened", "dropped"}, "nobody knows what was there meanwhile"


def test_who_is_seen_once_at_each_visit_has_not_stayed(scene):
    made = watch(scene)
    for number in range(6):
        first, *later = visit(number)
        play(made, [first], [STALL])
        play(made, later[:1])
    assert "confirmed" not in made.stages()


@pytest.mark.parametrize("interval", [1, 5])
def test_what_counts_does_not_depend_on_how_often_is_looked(scene, interval):
    # At a look in five seconds a turn of 25 s is no longer than a gap between looks may be.
    made = scene("street_vending", fps=1 / interval, zone=PRESET, camera=DOME, **VENDING)
    for number in range(3):
        begun = number * 50
        for second in range(begun, begun + 25, interval):
            told = Look(visit=START + timedelta(seconds=begun)) if number else Look()
            made.look(second, [STALL], known=told)
    (stay,) = made.rule._places[0].stays
    assert stay.dwell == 3 * timedelta(seconds=25 - interval)
    assert stay.between == 2 * timedelta(seconds=25 + interval)


def test_a_bin_is_not_cleared_by_a_clean_look_in_each_of_two_visits(scene):
    full = ("overflowing_bin", (0.3, 0.4, 0.5, 0.7), 0.9)
    made = scene("overflowing_bin", zone=PRESET, camera=DOME, dwell="3m", looks=2, clear="1m")
    for number in range(3):
        play(made, visit(number)[:-1], [full])
    play(made, [visit(2)[-1], visit(3)[0]])
    play(made, visit(3)[1:], [full])
    assert made.stages() == ["opened", "confirmed"]
    play(made, visit(4))
    assert made.stages() == ["opened", "confirmed"], "half a minute is not one"
    play(made, visit(5))
    assert made.stages()[-1] == "cleared"


def test_one_clean_look_in_each_of_two_visits_is_no_absence(scene):
    made = watch(scene)
    for number in range(4):
        play(made, visit(number), [STALL])
    (last, first) = visit(3)[-1] + 1, visit(4)[0]
    play(made, [last, last + 1, first])  # a bus before it, and another three minutes later
    play(made, visit(4)[1:], [STALL])
    assert made.stages() == ["opened", "confirmed"]


@pytest.mark.parametrize("every", [1, 7, 29])
def test_a_restart_changes_nothing(scene, every):
    def looks():
        for number in range(7):
            for second in visit(number):
                yield second, [STALL] if number < 4 and second % 9 else []

    whole = watch(scene)
    for second, seen in looks():
        whole.look(second, seen, known=turned(second))
    assert whole.stages() == ["opened", "confirmed", "cleared"]

    made, events = watch(scene), []
    for count, (second, seen) in enumerate(looks()):
        if count % every == 0:
            state = json.loads(json.dumps(made.rule.remember()))
            made = watch(scene)
            made.rule.recall(state)
        events += made.look(second, seen, known=turned(second))
    facts = [
        [(e.episode.stage, e.episode.opened_at, e.frame.captured_at, e.episode.why) for e in some]
        for some in (whole.events, events)
    ]
    assert facts[0] == facts[1]


def test_what_was_hidden_at_the_first_visit_is_learnt_at_a_later_one(scene):
    settings = {"dwell": "1h", "looks": 2, "clear": "1h", "learn": "1m"}
    made = scene("illegal_structure", zone=PRESET, camera=DOME, **settings)
    house = ("structure", (0.3, 0.4, 0.5, 0.7), 0.9)
    play(made, visit(0))  # a bus stands before it
    for number in range(1, 60):
        play(made, visit(number)[:5], [house])
    assert made.events == [], "an old house, of which a minute was not seen in the first one"

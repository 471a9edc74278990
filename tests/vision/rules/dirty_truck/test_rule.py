"""A truck is judged over the frames of one pass."""

from __future__ import annotations

import json

import pytest

from vision.kinds import catalogue

NEEDED = {s.name: s.looks(3) for s in catalogue().kind("dirty_truck").subtypes}
"""Looks that charge a truck, where the rule wants three that are right."""


def truck(x: float) -> list[tuple[str, tuple[float, float, float, float], float]]:
    return [("truck", (x, 0.3, x + 0.4, 0.8), 0.9)]


@pytest.mark.parametrize("load", ["covered", "empty", "other"])
def test_clean_trucks_are_inspected_and_let_go(scene, load):
    s = scene("dirty_truck", fps=5, looks=3)
    for n in range(12):
        s.look(n / 5, truck(0.02 + 0.05 * n), track=1, load=load)
    for n in range(12, 100):
        s.look(n / 5)
    assert s.events == []
    assert s.rule.inspected == 1


@pytest.mark.parametrize(
    ("load", "dirt", "subtype"),
    [("open", "clean", "not_sealed"), ("covered", "muddy", "mud_on_wheels")],
)
def test_bad_truck_is_one_episode_over_its_pass(scene, load, dirt, subtype):
    s = scene("dirty_truck", fps=5, looks=3, clear="2s")
    for n in range(12):
        s.look(n / 5, truck(0.02 + 0.05 * n), track=1 if n < 6 else 2, load=load, dirt=dirt)
    for n in range(12, 60):
        s.look(n / 5)
    assert s.stages() == ["confirmed", "cleared"]
    assert s.events[0].episode.subtype == subtype
    assert s.events[1].episode.looks == 12


def test_two_passes_are_two_episodes(scene):
    s = scene("dirty_truck", fps=5, looks=3, clear="2s")
    for start in (0, 100):
        for n in range(10):
            s.look((start + n) / 5, truck(0.02 + 0.05 * n), track=start, load="open")
    assert len(s.confirmed()) == 2


def test_what_is_read_unreliably_needs_more_looks_and_the_case_says_so(scene):
    s = scene("dirty_truck", fps=5, looks=3)
    read = catalogue().kind("dirty_truck").subtype("not_sealed").read
    assert read is not None
    assert NEEDED["not_sealed"] > 3 == NEEDED["spill"]
    for n in range(NEEDED["not_sealed"]):
        assert s.events == []
        s.look(n / 5, truck(0.02 + 0.1 * n), track=1, load="open")
    (confirmed,) = s.confirmed()
    frames, weak = confirmed.episode.why
    assert frames.data["frames"] == frames.data["frames_needed"] == NEEDED["not_sealed"]
    assert weak.data == {
        "test_such": read.such,
        "test_found": read.found,
        "test_others": read.others,
        "test_wrong": read.wrong,
    }
    assert "a person" in weak.en
    assert "人工" in weak.zh


def test_one_misread_frame_is_not_enough(scene):
    s = scene("dirty_truck", fps=5, looks=3)
    for n in range(12):
        s.look(n / 5, truck(0.02 + 0.05 * n), track=1, load="open" if n % 6 == 0 else "covered")
    assert s.events == []


def test_truck_whose_state_was_not_read_is_not_judged(scene):
    s = scene("dirty_truck", fps=5, looks=3)
    for n in range(12):
        s.look(n / 5, truck(0.02 + 0.05 * n))
    assert s.events == []


def test_cab_and_body_seen_apart_are_one_truck(scene):
    s = scene("dirty_truck", fps=5, looks=3, clear="2s")
    for n in range(12):
        x = 0.02 + 0.05 * n
        cab = ("truck", (x, 0.5, x + 0.2, 0.8), 0.7)
        body = ("truck", (x + 0.1, 0.4, x + 0.35, 0.75), 0.8)
        s.look(n / 5, [cab, body], track=1 if n < 6 else 2, load="open")
    assert len(s.confirmed()) == 1


def test_a_pass_is_shown_by_its_best_look_with_the_plate_by_itself(scene):
    s = scene("dirty_truck", fps=5, looks=3)
    plate, elsewhere = (
        ("plate", (0.3, 0.7, 0.36, 0.74), 0.8),
        ("plate", (0.9, 0.1, 0.95, 0.15), 0.8),
    )
    for n in range(NEEDED["not_sealed"]):
        seen = [*truck(0.1 + 0.08 * n), *([plate, elsewhere] if n == 1 else [])]
        s.look(n / 5, seen, track=1, load="open")
    (confirmed,) = s.confirmed()
    first, best = confirmed.stills
    assert [(still.moment, still.frame.index) for still in (first, best)] == [
        ("opened", 0),
        ("best", 1),
    ]
    assert (best.focus, best.details) == ((0,), (1,))
    assert (first.focus, first.details) == ((0,), ())
    last = NEEDED["not_sealed"] - 1
    assert (confirmed.frame.index, confirmed.focus, confirmed.details) == (last, (0,), ())


def test_without_a_plate_the_largest_look_is_shown(scene):
    s = scene("dirty_truck", fps=5, looks=3)
    for n, width in enumerate((0.2, 0.4, *[0.3] * (NEEDED["not_sealed"] - 2))):
        x = 0.02 + 0.12 * n
        s.look(n / 5, [("truck", (x, 0.3, x + width, 0.8), 0.9)], track=1, load="open")
    (confirmed,) = s.confirmed()
    (_, best) = confirmed.stills
    assert (best.moment, best.frame.index, best.details) == ("best", 1, ())


def test_a_better_look_after_it_was_confirmed_comes_with_the_end(scene):
    s = scene("dirty_truck", fps=5, looks=3, clear="2s")
    for n in range(12):
        width = 0.2 + (0.01 * n if n < 9 else 0.0)
        x = 0.02 + 0.06 * n
        s.look(n / 5, [("truck", (x, 0.3, x + width, 0.8), 0.9)], track=1, load="open")
    for n in range(12, 30):
        s.look(n / 5)
    confirmed, cleared = s.events
    assert confirmed.frame.index == NEEDED["not_sealed"] - 1
    assert [still.moment for still in confirmed.stills] == ["opened"], "the last was the best then"
    assert [(still.moment, still.frame.index) for still in cleared.stills] == [("best", 8)]


def test_pictures_are_kept_within_a_bound_and_decide_nothing(scene):
    s = scene("dirty_truck", fps=5, looks=3)
    s.rule.looks._looks._most_bytes = 1
    for n in range(NEEDED["not_sealed"]):
        s.look(n / 5, truck(0.1 + 0.08 * n), track=1, load="open")
    (confirmed,) = s.confirmed()
    assert (confirmed.stills, confirmed.focus) == ((), (0,))


PLATE = ("plate", (0.3, 0.7, 0.36, 0.74), 0.8)


def test_a_look_that_says_otherwise_is_never_the_picture(scene):
    """In a convoy another truck stands where it stood: its plate is not evidence."""
    s = scene("dirty_truck", fps=1, looks=3)
    for n, load in enumerate(("open", "covered", *["open"] * (NEEDED["not_sealed"] - 1))):
        seen = [*truck(0.1 + 0.08 * n), *([PLATE] if load == "covered" else [])]
        s.look(n, seen, track=1, load=load)
    (confirmed,) = s.confirmed()
    for shown in (confirmed, *confirmed.stills):
        assert shown.frame.index != 1
        assert shown.details == ()


def test_nobody_is_told_of_in_a_convoy_that_is_read_now_open_now_covered(scene):
    s = scene("dirty_truck", fps=1, looks=3)
    for n, load in enumerate(("open", "covered", "open", "open", "covered") * 3):
        s.look(n, [*truck(0.02 + 0.04 * n), PLATE], track=1, load=load)
    assert s.events == []


def test_a_pass_is_over_when_the_clock_was_set_back(scene):
    s = scene("dirty_truck", fps=5, looks=3)
    for n in range(5):
        s.look(1000 + n / 5, truck(0.1 + 0.1 * n), track=1, load="open")
    s.look(0)
    assert s.stages() == ["confirmed", "cleared"]
    assert s.events[1].episode.cleared_at >= s.events[1].episode.last_seen_at
    s.look(0.2, truck(0.1), track=1, load="open")
    assert s.rule.inspected == 2


@pytest.mark.parametrize("load", ["open", "covered"])
def test_a_truck_that_parks_is_soon_not_urgent_and_little_to_remember(scene, load):
    s, notes = scene("dirty_truck", fps=5, looks=3), []
    fewest = min(NEEDED["not_sealed"], NEEDED["mud_on_wheels"])
    for n in range(400):
        x, dirt = 0.02 + 0.1 * min(n, 4), "muddy" if load == "open" else "clean"
        s.look(n / 5, truck(x), track=n // 9, load=load, dirt=dirt)
        notes.append(len(json.dumps(s.rule.remember()["passes"])))
        assert s.rule.has_candidates == (n < (fewest - 1 if load == "open" else 29))
    assert notes[-1] <= notes[200] + 50
    for n in range(400, 500):
        s.look(n / 5)
    assert [e.episode.looks for e in s.events] == ([fewest, 400] if load == "open" else [])


def test_a_pass_is_known_again_by_the_first_frame_after_a_restart(scene):
    s, again = scene("dirty_truck", fps=5), scene("dirty_truck", fps=5)
    for n in range(3):
        s.look(n / 5, truck(0.1), load="covered")
    again.rule.recall(s.rule.remember())
    again.index = 2  # frames count from the beginning, and may come to where they were
    again.look(0.6, truck(0.1), load="covered")
    assert again.rule.inspected == 1

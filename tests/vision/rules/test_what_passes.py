"""A truck is judged where it moves through, whole, and steadily a truck: nowhere else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.vision.rules.conftest import START
from vision.look import Laid, Look
from vision.rules.course import travelled

Box = tuple[float, float, float, float]
FPS = 5


def drives(n: int) -> Box:
    """From left to right, 0.3 wide and 0.4 high, whole from the first look to the last."""
    x = 0.02 + 0.04 * n
    return x, 0.4, x + 0.3, 0.8


def told(scene: type[Any], where: Callable[[int], Box], looks: int = 15, **more: Any) -> list[str]:
    """What is confirmed of an open truck that is seen there."""
    s = scene("dirty_truck", fps=FPS, looks=3, **more)
    for n in range(looks):
        s.look(n / FPS, [("truck", where(n), 0.9)], track=1, load="open")
    return [e.episode.subtype for e in s.confirmed()]


STANDS: Box = (0.3, 0.4, 0.6, 0.8)
CAB: Box = (0.3, 0.55, 0.42, 0.8)
NEXT: Box = (0.52, 0.42, 0.82, 0.82)
"""A second one, parked beside it."""


def test_a_truck_that_drives_through_is_told_of(scene):
    assert told(scene, drives) == ["not_sealed"]


@pytest.mark.parametrize(
    "where",
    [
        lambda _: STANDS,
        lambda n: (STANDS, CAB)[n % 2],
        lambda n: (STANDS, NEXT)[n // 7 % 2],
        lambda n: tuple(v + 0.02 * (n % 3 - 1) for v in STANDS),
    ],
    ids=["still", "now the cab, now all of it", "now one, now the next", "unsteady boxes"],
)
def test_what_stands_is_not_told_of(scene, where):
    assert told(scene, where, looks=60) == []


def test_what_stands_no_longer_is(scene):
    assert told(scene, lambda n: drives(max(0, n - 30)), looks=45) == ["not_sealed"]


def test_what_halts_says_no_more_by_standing_longer(scene):
    """It was read open at two places on its way, and then where it stood."""
    s = scene("dirty_truck", fps=FPS, looks=3)
    for n in range(60):
        load = "open" if n in (0, 4) or n >= 10 else "covered"
        s.look(n / FPS, [("truck", drives(min(n, 4)), 0.9)], track=1, load=load)
    assert s.confirmed() == []


@pytest.mark.parametrize("edge", [0, 1, 2, 3])
def test_a_look_in_which_the_picture_cuts_it_off_says_nothing(scene, edge):
    def cut(n: int) -> Box:
        along, low, high = 0.05 + 0.04 * n, (0.003, 0.4), (0.6, 0.998)
        a, b = (low, high)[edge // 2]
        return (along, a, along + 0.3, b) if edge % 2 else (a, along, b, along + 0.3)

    assert told(scene, cut) == []


@pytest.mark.parametrize("name", ["car", "bus"])
@pytest.mark.parametrize("both", [False, True])
def test_what_is_as_often_taken_for_another_vehicle_is_not_told_of(scene, name, both):
    s = scene("dirty_truck", fps=FPS, looks=3)
    for n in range(15):
        seen = [("truck", drives(n), 0.5)] if both or n % 2 else []
        seen += [(name, drives(n), 0.4)] if both or not n % 2 else []
        s.look(n / FPS, seen, track=1, load="open")
    assert s.confirmed() == []


def test_what_is_taken_for_a_car_now_and_then_is_still_a_truck(scene):
    s = scene("dirty_truck", fps=FPS, looks=3)
    for n in range(15):
        s.look(n / FPS, [("truck" if n % 4 else "car", drives(n), 0.5)], track=1, load="open")
    assert [e.episode.subtype for e in s.confirmed()] == ["not_sealed"]


ZONE = {"polygon": [(0.55, 0.0), (1.0, 0.0), (1.0, 1.0), (0.55, 1.0)]}


def test_its_way_to_the_zone_counts(scene):
    s = scene("dirty_truck", fps=FPS, looks=3, zone=ZONE)
    entered = next(n for n in range(15) if drives(n)[0] + 0.15 >= 0.55)
    for n in range(15):
        s.look(n / FPS, [("truck", drives(n), 0.9)], track=1, load="open")
    (confirmed,) = s.confirmed()
    assert max(still.frame.index for still in confirmed.stills) <= entered + 2
    assert s.rule.inspected == 1


def test_what_never_comes_to_the_zone_is_soon_forgotten(scene):
    s = scene("dirty_truck", fps=FPS, looks=3, clear="2s", zone=ZONE)
    for n in range(5):
        s.look(n / FPS, [("truck", drives(n), 0.9)], track=1, load="open")
        assert s.rule.idle == (n == 0), "a record begins before its way does"
    for n in range(5, 20):
        s.look(n / FPS)
    assert s.rule.idle
    assert s.rule._courses.coming == {}


def laid(n: int, over: Callable[[int], int | None], shift: float) -> Look:
    """A look's place in the key picture, of a drone that flies to the right."""
    matrix = np.array([[1, 0, shift * n], [0, 1, 0], [0, 0, 1]], float)
    number = over(n)
    return Look(laid=None if number is None else Laid(number, matrix))


@pytest.mark.parametrize(
    ("over", "shift", "expected"),
    [
        (lambda _: 0, 0.0, ["not_sealed"]),  # it hovers, and the truck drives
        (lambda _: 0, -0.04, []),  # it flies along over a truck that stands
        (lambda n: n, 0.0, []),  # no two looks lie in one picture
        (lambda _: None, 0.0, []),
    ],
)
def test_a_drones_own_way_is_not_the_trucks(scene, over, shift, expected):
    s = scene("dirty_truck", fps=FPS, looks=3, camera={"type": "drone"})
    for n in range(15):
        seen = [("truck", drives(n), 0.9)]
        s.look(n / FPS, seen, track=1, load="open", known=laid(n, over, shift))
    assert [e.episode.subtype for e in s.confirmed()] == expected


@pytest.mark.parametrize("camera", ["vehicle", "bodycam"])
def test_a_camera_that_is_carried_tells_of_nobody(scene, camera):
    assert told(scene, drives, camera={"type": camera}) == []


def test_a_restart_forgets_where_a_drones_pictures_lay(scene):
    """Key pictures count from the beginning, and the first may be of another place."""
    s, again = (scene("dirty_truck", fps=FPS, camera={"type": "drone"}) for _ in range(2))
    s.look(0, [("truck", STANDS, 0.9)], track=1, load="open", known=laid(0, lambda _: 0, 0))
    again.rule.recall(json.loads(json.dumps(s.rule.remember())))
    (one,) = again.rule.remember()["passes"]
    assert one["course"]["came"] is None
    assert one["course"]["places"] == 1


def test_what_earlier_versions_remembered_of_a_pass_is_read(scene):
    s, again = (scene("dirty_truck", fps=FPS, looks=3) for _ in range(2))
    for n in range(3):
        s.look(n / FPS, [("truck", drives(n), 0.9)], track=1, load="covered")
    state = json.loads(json.dumps(s.rule.remember()))
    for one in state["passes"]:
        del one["course"]
        for charge in one["charges"].values():
            del charge["places"], charge["place"]
    again.rule.recall(state)
    for n in range(3, 15):
        again.look(n / FPS, [("truck", drives(n), 0.9)], track=1, load="covered")
    assert again.rule.inspected == 1


def test_boxes_travel_by_both_sides():
    assert travelled(STANDS, CAB) == pytest.approx(0.0)
    assert travelled(STANDS, tuple(v + 0.15 for v in STANDS)) == pytest.approx(0.5)
    x1, y1, x2, y2 = STANDS
    assert travelled((0.4, 0.4, 0.5, 0.5), (0.3, 0.35, 0.6, 0.55)) == pytest.approx(1.0)
    assert travelled(STANDS, (x1 - 0.1, y1, x2 + 0.1, y2)) == 0.0, "no taller"


def two_trucks(s: Any, n: int, seen: list[tuple[Box, int, str, float]]) -> None:
    """A look at trucks, each where it is, with its track, its load, and how sure that is."""
    boxes, tracks, loads, sure = zip(*seen, strict=True) if seen else ([], [], [], [])
    trucks = [("truck", box, 0.9) for box in boxes]
    s.look(n / FPS, trucks, track=tracks, load=loads, sure=sure)


@pytest.mark.parametrize("sure", [0.5, 0.9])
def test_what_stands_is_not_told_of_because_another_drives_by(scene, sure):
    """For a moment the one that drives by hides the one that stands, whose load is open."""
    s = scene("dirty_truck", fps=FPS, looks=3)
    for n in range(60):
        x = 0.025 * (n - 20)
        by: Box = (x, 0.42, x + 0.35, 0.86)
        near = n >= 21 and by[2] < 0.98
        hidden = near and abs(x - STANDS[0]) < 0.1
        seen = [] if hidden else [(STANDS, 1, "open", 0.9)]
        seen += [(by, 2, "covered", sure)] if near else []
        two_trucks(s, n, seen)
    assert s.confirmed() == []


def test_cab_and_body_of_a_truck_that_drives_are_one_pass(scene):
    """As a detector saw one: whole, its cab (track 2), its body (track 1), or both in one look."""
    s = scene("dirty_truck", fps=FPS, looks=3)
    looks: list[list[tuple[Box, int]]] = [
        [((0.75, 0.16, 0.84, 0.32), 2)],
        [((0.71, 0.16, 0.87, 0.35), 1)],
        [((0.67, 0.13, 0.85, 0.37), 1)],
        [((0.63, 0.22, 0.74, 0.41), 2), ((0.70, 0.19, 0.81, 0.37), 1)],
        [((0.57, 0.21, 0.78, 0.44), 1)],
        [((0.50, 0.26, 0.63, 0.49), 2)],
        [((0.42, 0.30, 0.56, 0.54), 2), ((0.51, 0.25, 0.70, 0.52), -1)],
        [((0.42, 0.27, 0.64, 0.59), 2)],
        [((0.19, 0.30, 0.58, 0.68), 2)],
        [((0.04, 0.34, 0.50, 0.81), 2)],
    ]
    for n, seen in enumerate(looks):
        two_trucks(s, n, [(box, track, "open", 0.9) for box, track in seen])
    (confirmed,) = s.confirmed()
    assert confirmed.episode.opened_at == START


def test_the_one_that_drives_by_is_dated_by_itself(scene):
    """It is told of, and not since the one that stands there came."""
    s = scene("dirty_truck", fps=FPS, looks=3)
    for n in range(330):
        x = 0.025 * (n - 300)
        by: Box = (x, 0.42, x + 0.35, 0.86)
        near = n >= 301 and by[2] < 0.98
        hidden = near and abs(x - STANDS[0]) < 0.1
        seen = [] if hidden else [(STANDS, 1, "covered", 0.9)]
        seen += [(by, 2, "open", 0.9)] if near else []
        two_trucks(s, n, seen)
    (confirmed,) = s.confirmed()
    assert (confirmed.episode.opened_at - START).total_seconds() >= 60


def test_times_are_in_order_also_where_the_clock_stepped_back(scene):
    s = scene("dirty_truck", fps=FPS, looks=3)
    for n in range(20):
        at = n / FPS - (1.5 if n >= 4 else 0)
        s.look(at, [("truck", drives(n), 0.9)], track=1, load="open")
    for n in range(80):
        s.look(10 + n / FPS)
    (first, last) = (e.episode for e in s.events)
    assert first.opened_at <= first.confirmed_at <= first.last_seen_at
    assert last.opened_at <= last.confirmed_at <= last.last_seen_at <= last.cleared_at

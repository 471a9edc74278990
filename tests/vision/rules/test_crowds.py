"""Crowds: what a look costs grows with what it shows, not with its square; and decides the same."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import isnan
from pathlib import Path
from types import FrameType
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.bench.crowd import FPS, Cast, Crowd
from scripts.bench.rules import SCENES, Street, bench_rules
from vision.rules import camera_rules, sight, stay
from vision.rules.dirty_truck import cells
from vision.rules.known import Known
from vision.rules.sight import Sight, overlap, touching
from vision.rules.stay import Stay, match
from vision.site import Camera, Site, SiteInfo, Zone

Box = tuple[float, float, float, float]
START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
PEOPLE, STALLS = 40, 60

# Few values, so that boxes touch, repeat and share their sides.
numbers = st.integers(-1, 11).map(lambda n: n / 10)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    x, y = draw(numbers), draw(numbers)
    wide, tall = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    return x, y, x + wide / 10, y + tall / 10


def a_sight(box: Box) -> Sight:
    return Sight(box, 0.9, frozenset({"stall"}), (0,))


def a_stay(seen: list[Box]) -> Stay:
    made = Stay.begun(START, a_sight(seen[0]))
    for n, box in enumerate(seen[1:], start=1):
        made.see(START + timedelta(seconds=n), a_sight(box), timedelta(seconds=5))
    return made


def pair_by_pair(stays: list[Stay], sights: list[Sight]) -> tuple[list[int | None], list[int]]:
    """As `match`, one pair after the other."""
    pairs = []
    for i, one in enumerate(stays):
        x1, y1, x2, y2 = np.median(np.array(one.boxes), axis=0).tolist()
        for j, seen in enumerate(sights):
            iou, cover = overlap((x1, y1, x2, y2), seen.box)
            if iou >= 0.3 or cover >= 0.75:
                pairs.append((iou, i, j))
    taken: list[int | None] = [None] * len(stays)
    free = set(range(len(sights)))
    for _, i, j in sorted(pairs, reverse=True):
        if taken[i] is None and j in free:
            taken[i] = j
            free.discard(j)
    return taken, sorted(free)


@settings(deadline=None)
@given(
    st.lists(st.lists(boxes(), min_size=1, max_size=4), max_size=6), st.lists(boxes(), max_size=6)
)
def test_stays_are_matched_as_pair_by_pair(seen: list[list[Box]], shown: list[Box]) -> None:
    stays, sights = [a_stay(each) for each in seen], [a_sight(box) for box in shown]
    assert match(stays, sights) == pair_by_pair(stays, sights)


odd = st.tuples(*[numbers | st.sampled_from([float("nan"), float("inf"), 0.3 + 1e-16])] * 4)


@settings(deadline=None)
@given(st.lists(boxes() | odd, max_size=9), st.lists(boxes() | odd, max_size=9))
def test_what_touches_is_found_as_pair_by_pair(one: list[Box], other: list[Box]) -> None:
    def share(a: Box, b: Box) -> bool:
        return min(a[2], b[2]) > max(a[0], b[0]) and min(a[3], b[3]) > max(a[1], b[1])

    with_nan = [any(map(isnan, box)) for box in other]
    found = [(i, j) for i, j in touching(one, other) if not with_nan[j]]
    expected = [(i, j) for i, a in enumerate(one) for j, b in enumerate(other) if share(a, b)]
    assert found == [(i, j) for i, j in expected if not with_nan[j] and not any(map(isnan, one[i]))]


def test_what_stands_apart_is_not_compared() -> None:
    compared = [0]

    class Side(float):
        def __gt__(self, other: float) -> bool:
            compared[0] += 1
            return float(self) > other

    def row(count: int) -> list[Box]:
        return [(n / count, 0.1, Side((n + 0.9) / count), 0.2) for n in range(count)]

    each = []
    for count in (30, 60):
        compared[0] = 0
        assert len(touching(row(count), row(count))) == count
        each.append(compared[0] / count)
    assert each[1] <= 1.3 * each[0]


@settings(deadline=None)
@given(st.lists(boxes(), max_size=8), st.sampled_from([0.0, 0.3, 1.0]))
def test_groups_are_what_touches_one_after_the_other(shown: list[Box], reach: float) -> None:
    grow = [(reach * (x2 - x1) / 2, reach * (y2 - y1) / 2) for x1, y1, x2, y2 in shown]
    grown = [
        (x1 - w, y1 - h, x2 + w, y2 + h)
        for (x1, y1, x2, y2), (w, h) in zip(shown, grow, strict=True)
    ]
    left, expected = set(range(len(shown))), []
    while left:
        group, edge = [], [min(left)]
        left.discard(edge[0])
        while edge:
            here = edge.pop()
            group.append(here)
            near = {j for j in left if overlap(grown[here], grown[j])[0] > 0}
            left -= near
            edge.extend(near)
        expected.append(sorted(group))
    assert sight._groups(shown, reach) == expected


@settings(deadline=None)
@given(st.lists(boxes(), max_size=6), st.lists(boxes(), max_size=6))
def test_what_is_known_is_told_as_one_by_one(known: list[Box], shown: list[Box]) -> None:
    zone = Zone(name="z", watch=("illegal_structure",))
    camera = Camera(id="c", source="x", zones=(zone,))
    (rule,) = camera_rules(Site(site=SiteInfo(name="t"), cameras=(camera,)), camera, threshold=0.4)
    learnt = Known(rule.context)
    learnt.boxes = known

    def covered(box: Box) -> bool:
        for x1, y1, x2, y2 in known:
            wide = min(x2 + 0.02, box[2]) - max(x1 - 0.02, box[0])
            tall = min(y2 + 0.02, box[3]) - max(y1 - 0.02, box[1])
            size = (box[2] - box[0]) * (box[3] - box[1])
            if wide > 0 and tall > 0 and wide * tall >= 0.6 * size:
                return True
        return False

    new = [one.box for one in learnt.new([a_sight(box) for box in shown])]
    assert new == [box for box in shown if not covered(box)]


def way_by_way(pairs: list[tuple[Box, Box]]) -> np.ndarray[Any, Any]:
    """As `cells.hulls`, one pair after the other."""
    drawn = np.zeros((27, 48), np.uint8)
    for pair in pairs:
        corners = [
            (min(max(int(u * 48), 0), 47), min(max(int(v * 27), 0), 26))
            for x1, y1, x2, y2 in pair
            for u in (x1, x2)
            for v in (y1, y2)
        ]
        one = np.zeros_like(drawn)
        cv2.fillConvexPoly(one, cv2.convexHull(np.array(corners, np.int32)), 1)
        (left, top), (right, bottom) = corners[0], corners[3]
        one[top : bottom + 1, left : right + 1] = 1
        drawn |= one
    return drawn.astype(np.bool_)


@settings(deadline=None)
@given(st.lists(st.tuples(boxes(), boxes()), max_size=40))
def test_everybodys_ways_are_drawn_as_one_after_the_other(pairs: list[tuple[Box, Box]]) -> None:
    both = np.array(pairs, np.float64).reshape(-1, 4)
    drawn = cells.hulls(both, np.arange(0, len(both), 2), np.arange(1, len(both), 2))
    np.testing.assert_array_equal(cells.unpacked(drawn).reshape(27, 48), way_by_way(pairs))


def counted(monkeypatch: pytest.MonkeyPatch, where: object, name: str) -> list[int]:
    """How often a function is called from now on."""
    calls, real = [0], getattr(where, name)

    def count(*given: Any, **more: Any) -> Any:
        calls[0] += 1
        return real(*given, **more)

    monkeypatch.setattr(where, name, count)
    return calls


@settings(deadline=None)
@given(st.lists(boxes(), min_size=1, max_size=80))
def test_the_place_of_a_stay_is_the_median_of_its_latest_boxes(seen: list[Box]) -> None:
    stay_ = a_stay(seen[:1])
    for n, box in enumerate(seen[1:], start=1):
        stay_.see(START + timedelta(seconds=n), a_sight(box), timedelta(seconds=5))
        latest = np.array(seen[max(0, n - 31) : n + 1])
        assert stay_.box == pytest.approx(np.median(latest, axis=0).tolist(), abs=1e-12)


@pytest.mark.parametrize("stalls", [STALLS // 2, STALLS])
def test_a_stay_puts_its_boxes_in_order_once_and_then_inserts(
    monkeypatch: pytest.MonkeyPatch, stalls: int
) -> None:
    at = [
        (n % 10 / 10, n // 10 / 10, n % 10 / 10 + 0.08, n // 10 / 10 + 0.08) for n in range(stalls)
    ]
    stays, sights = [a_stay([box] * 3) for box in at], [a_sight(box) for box in at]
    insertions = counted(monkeypatch, stay, "insort")
    for n in range(3, 13):
        assert match(stays, sights) == (list(range(stalls)), [])
        for one, sight_ in zip(stays, sights, strict=True):
            one.see(START + timedelta(seconds=n), sight_, timedelta(seconds=5))
    assert insertions[0] == 4 * stalls * 10


def test_a_crowd_is_drawn_in_few_ways(
    monkeypatch: pytest.MonkeyPatch, scene: Callable[..., Any]
) -> None:
    s, rng = scene("dirty_truck", fps=FPS, looks=3), np.random.default_rng(0)
    drawn = counted(monkeypatch, cv2, "fillConvexPoly")
    for n in range(10):
        at = rng.uniform(0.05, 0.9, (PEOPLE, 2))
        s.look(n / FPS, [("person", (x, y, x + 0.03, y + 0.1), 0.8) for x, y in at.tolist()])
    assert 0 < drawn[0] <= 10 * 4 * PEOPLE, "not one way for each two of them"


def test_what_a_crowd_leaves_behind_is_soon_forgotten(scene: Callable[..., Any]) -> None:
    """Trucks drive by all day; what is remembered is of those in the picture."""
    s, notes = scene("dirty_truck", fps=FPS, looks=3, clear="2s"), []
    crowd = Crowd(Cast(people=5, vehicles=6))
    for n in range(120):
        seen = crowd.look(n)
        shown = [
            ("truck" if name == "truck" else "person", tuple((box / 1920).tolist()), 0.8)
            for name, box in zip(seen.data["class_name"], seen.xyxy, strict=True)
            if name != "garbage"
        ]
        s.look(n / FPS, shown, track=n // 3, load="covered")
        notes.append(len(json.dumps(s.rule.remember()["passes"])))
    assert max(notes[60:]) <= 1.5 * max(notes[:60])


def calls_a_look(cast: Cast, folder: Path) -> dict[str, float]:
    """Python calls that a look of the tracker and the rules makes, by function."""
    street = Street(cast, folder)
    for n in range(10):
        street.look(n)
    calls: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            calls[frame.f_code.co_qualname] += 1

    sys.setprofile(count)
    try:
        for n in range(10, 20):
            street.look(n)
    finally:
        sys.setprofile(None)
    return {name: number / 10 for name, number in calls.items()}


@pytest.mark.parametrize("kind", ["stalls", "people", "vehicles", "litter"])
def test_twice_the_crowd_makes_at_most_about_twice_the_calls(tmp_path: Path, kind: str) -> None:
    one, two = (
        calls_a_look(Cast(**{kind: n}), tmp_path / str(n)) for n in (STALLS // 3, 2 * STALLS // 3)
    )
    assert sum(two.values()) <= 2.3 * sum(one.values())


def test_the_bench_measures_every_step_of_every_scene() -> None:
    result = bench_rules(looks=5)
    assert set(result.scenes) == set(SCENES)
    for steps in result.scenes.values():
        assert set(steps) >= {"health", "registration", "tracker", "memory", "street_vending"}
    assert result.over_empty("empty") == 1
    sums = result.as_dict()["sums"]
    assert sums["market"]["together"] == pytest.approx(sum(result.scenes["market"].values()))

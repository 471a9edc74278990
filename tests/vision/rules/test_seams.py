"""Nothing lasts over a seam of a recording: neither dwell, nor an episode, nor a pass."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.vision.rules.conftest import START
from vision.rules import CameraRules
from vision.rules.record import Record
from vision.rules.replay import replay

HOUR, DAY = 3600, 86400
STALL = ("stall", (0.05, 0.4, 0.2, 0.7), 0.8)
OTHER = ("stall", (0.6, 0.4, 0.75, 0.7), 0.8)
FULL = ("overflowing_bin", (0.3, 0.4, 0.5, 0.7), 0.9)
ROOF = ("structure", (0.3, 0.4, 0.5, 0.7), 0.9)
STAYS = {
    "street_vending": (STALL, {"dwell": "5m", "looks": 3, "clear": "2m"}),
    "overflowing_bin": (FULL, {"dwell": "5m", "looks": 3, "clear": "2m"}),
    "illegal_structure": (ROOF, {"dwell": "5m", "looks": 3, "clear": "2m", "learn": "0s"}),
}
LEAPS = {"not followed": 10, "ten hours on": 10 * HOUR, "back, and read again": -100}
"""Seconds from the last look of one part to the first of the next, as they are dated."""


def play(made: Any, begin: int, end: int, *seen: Any, part: int = 0) -> None:
    for t in range(begin, end, 10):
        made.look(t, seen, part=part)


def told(made: Any) -> list[tuple[str, str | None]]:
    return [(e.episode.stage.value, e.episode.ended_by) for e in made.events]


@pytest.mark.parametrize("restarts", [False, True], ids=["", "restarts"])
@pytest.mark.parametrize("leap", LEAPS.values(), ids=LEAPS)
@pytest.mark.parametrize("kind", STAYS)
def test_dwell_begins_anew(scene: Any, kind: str, leap: int, restarts: bool) -> None:
    thing, settings = STAYS[kind]
    made = scene(kind, fps=0.1, **settings)
    play(made, 0, 200, thing)
    if restarts:
        state = json.loads(json.dumps(made.rule.remember()))
        before, made = made, scene(kind, fps=0.1, **settings)
        made.rule.recall(state)
        made.events, made.index = before.events, before.index
    begins = 190 + leap
    play(made, begins, begins + 300, thing, part=1)
    assert told(made) == [("opened", None), ("dropped", None), ("opened", None)]
    play(made, begins + 300, begins + 400, thing, part=1)
    (confirmed,) = made.confirmed()
    assert confirmed.episode.opened_at == START + timedelta(seconds=begins)


def test_two_vendors_of_two_parts_are_not_five_minutes_together(scene: Any) -> None:
    _, settings = STAYS["street_vending"]
    made = scene("street_vending", fps=0.1, **settings)
    play(made, 0, 240, STALL)
    play(made, 240, 480, OTHER, part=1)
    assert made.confirmed() == []


@pytest.mark.parametrize("leap", LEAPS.values(), ids=LEAPS)
@pytest.mark.parametrize("kind", STAYS)
def test_what_was_confirmed_ends_as_not_watched(scene: Any, kind: str, leap: int) -> None:
    """Also what is in a state: beyond the seam may be another day, an earlier one at that."""
    thing, settings = STAYS[kind]
    made = scene(kind, fps=0.1, **settings)
    made.rule = CameraRules([made.rule], model={})
    play(made, 0, 400, thing)
    begins = 390 + leap
    play(made, begins, begins + 400, thing, part=1)
    assert told(made) == [
        ("opened", None),
        ("confirmed", None),
        ("ended", "unwatched"),
        ("opened", None),
        ("confirmed", None),
    ]
    first, ended, again = (made.events[n].episode for n in (1, 2, 4))
    assert ended.id == first.id != again.id
    assert ended.ended_at == ended.last_seen_at == START + timedelta(seconds=390)
    assert again.opened_at == START + timedelta(seconds=begins)
    for event in made.events:
        if event.record is not None:
            assert replay(Record.from_json(event.record)).same


def test_nobody_is_seen_gone_over_a_seam(scene: Any) -> None:
    thing, settings = STAYS["street_vending"]
    made = scene("street_vending", fps=0.1, **settings)
    play(made, 0, 400, thing)
    play(made, 400, 800, part=1)
    assert told(made) == [("opened", None), ("confirmed", None), ("ended", "unwatched")]


def test_what_a_leap_passed_over_was_not_learnt_from(scene: Any) -> None:
    """Else a roof that nobody saw in the few minutes before it would be a new one after it."""
    settings = {"dwell": "5m", "looks": 3, "clear": "2m", "learn": "10m"}
    made = scene("illegal_structure", fps=0.1, **settings)
    play(made, 0, 120)
    state = json.loads(json.dumps(made.rule.remember()))
    made = scene("illegal_structure", fps=0.1, **settings)
    made.rule.recall(state)
    play(made, 2 * DAY, 2 * DAY + 1200, ROOF, part=1)
    assert made.events == []
    new = ("structure", (0.7, 0.1, 0.9, 0.3), 0.9)
    play(made, 2 * DAY + 1200, 2 * DAY + 1600, ROOF, new, part=1)
    assert len(made.confirmed()) == 1


FPS = 5


def drives(n: float) -> tuple[float, float, float, float]:
    x = 0.02 + 0.04 * n
    return x, 0.4, x + 0.3, 0.8


def trucks(scene: Any, *parts: int) -> Any:
    """An open truck that drives through the picture, each look of the part that is said."""
    made = scene("dirty_truck", fps=FPS, looks=3, clear="3s")
    for n, part in enumerate(parts):
        made.look(n / FPS, [("truck", drives(n), 0.9)], track=1, load="open", part=part)
    return made


def test_a_pass_ends_at_a_seam(scene: Any) -> None:
    told_at = next(n for n in range(1, 20) if trucks(scene, *[0] * n).confirmed())
    assert trucks(scene, *[0] * (told_at - 1), *[1] * (told_at - 1)).confirmed() == []
    made = trucks(scene, *[0] * told_at, *[1] * 3)
    assert told(made) == [("confirmed", None), ("ended", "unwatched")]
    ended = made.events[-1].episode
    assert ended.ended_at == ended.last_seen_at == START + timedelta(seconds=(told_at - 1) / FPS)
    assert made.rule.inspected == 2


def test_a_way_before_a_seam_is_not_a_trucks_beyond_it(scene: Any) -> None:
    """It drove up before it was sure; the one that is read beyond the seam hardly moves."""

    def told_of(seam: int) -> bool:
        made = scene("dirty_truck", fps=FPS, looks=2, clear="3s")
        for n in range(8):
            made.look(n / FPS, [("truck", drives(n), 0.3)], track=1, load="covered")
        for n in range(8, 14):
            seen = [("truck", drives(8 + (n - 8) / 3), 0.9)]
            made.look(n / FPS, seen, track=1, load="open", part=seam)
        return bool(made.confirmed())

    assert told_of(0)
    assert not told_of(1)


def test_what_lies_on_the_road_beyond_a_seam_is_no_trucks(scene: Any) -> None:
    comes, leaves = 20, 34
    spot = ("garbage", (0.44, 0.74, 0.5, 0.8), 0.7)

    def told_of(seam: int) -> list[str]:
        made = scene("dirty_truck", fps=FPS, looks=3, clear="3s")
        for n in range(60):
            x = -0.3 + 0.065 * (n - comes)
            truck = ("truck", (max(x, 0.0), 0.4, min(x + 0.3, 1.0), 0.8), 0.9)
            seen = [truck] if comes <= n < comes + 20 else []
            seen += [spot] if n >= leaves else []
            part = seam if n >= leaves else 0
            made.look(n / FPS, seen, track=7, load="covered", part=part)
        return [e.episode.subtype for e in made.confirmed()]

    assert told_of(0) == ["spill"]
    assert told_of(1) == []

"""Time counts as one stay only while the gaps are short, whatever keeps a place alive meanwhile."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.vision.rules.conftest import START

VENDING = {"dwell": "5m", "looks": 3, "clear": "2m"}
HOUR = 3600


def at(x: float, score: float = 0.8) -> tuple[str, tuple[float, float, float, float], float]:
    return ("stall", (x, 0.4, x + 0.15, 0.7), score)


ONE, OTHER, FLICKER = at(0.05), at(0.3), at(0.8)


def seconds(event) -> float:
    return (event.episode.opened_at - START).total_seconds()


def watch(scene, *stays, until, flickers=None, every=100, fps=0.5):
    """Looks until a second; `stays` are (thing, from, to), `flickers` is seen on a look of many."""
    made = scene("street_vending", fps=fps, **VENDING)
    step = int(1 / fps)
    for t in range(0, until, step):
        seen = [thing for thing, first, last in stays if first <= t < last]
        seen += [flickers] if flickers is not None and t % every < step else []
        made.look(t, seen)
    return made


@pytest.mark.parametrize("flickers", [FLICKER, ONE, OTHER], ids=["elsewhere", "first", "second"])
def test_two_vendors_hours_apart_are_not_five_minutes_together(scene, flickers):
    later = 3 * HOUR
    made = watch(
        scene,
        (ONE, 0, 240),
        (OTHER, later, later + 90),
        until=later + 400,
        flickers=flickers,
    )
    assert made.confirmed() == []


def test_two_vendors_with_blind_hours_between_are_not_five_minutes_together(scene):
    made = scene("street_vending", fps=0.5, **VENDING)
    for t in range(0, 240, 2):
        made.look(t, [ONE])
    for t in range(3 * HOUR, 3 * HOUR + 90, 2):
        made.look(t, [OTHER])
    assert made.confirmed() == []


@pytest.mark.parametrize(("empty", "told"), [(20, True), (110, True), (130, False)])
def test_who_takes_turns_within_the_zones_clear_time_occupies_it_together(scene, empty, told):
    begins = 240 + empty
    made = watch(
        scene,
        (ONE, 0, 240),
        (OTHER, begins, begins + 90),
        until=begins + 400,
        flickers=FLICKER,
    )
    assert bool(made.confirmed()) is told
    for event in made.confirmed():
        assert seconds(event) == 0
        assert event.episode.subtype == "roaming_vendor"


def test_what_occupies_a_place_anew_is_dated_from_then(scene):
    later = 3 * HOUR
    stays = [(ONE, 0, 240)]
    stays += [(at(0.05 + 0.25 * n), later + 200 * n, later + 200 * n + 180) for n in range(3)]
    made = watch(scene, *stays, until=later + 700, flickers=at(0.8, 0.5))
    (confirmed,) = made.confirmed()
    assert seconds(confirmed) == later


@pytest.mark.parametrize("flickers", [FLICKER, ONE], ids=["elsewhere", "there"])
def test_a_vendor_who_stays_is_found_and_dated_where_something_flickered_for_hours(scene, flickers):
    later = 3 * HOUR
    made = watch(scene, (ONE, later, later + 600), until=later + 600, flickers=flickers)
    (confirmed,) = made.confirmed()
    assert later - 120 <= seconds(confirmed) <= later
    late = (confirmed.frame.captured_at - START).total_seconds()
    assert later + 300 - 120 <= late <= later + 420


def test_a_bin_that_fills_where_one_flickered_for_hours_is_dated_from_then(scene):
    full = ("overflowing_bin", (0.3, 0.4, 0.5, 0.7), 0.9)
    made = scene("overflowing_bin", fps=1 / 60, dwell="30m", looks=2, clear="10m")
    for minute in range(8 * 60):
        made.look(60 * minute, [full] if minute % 9 == 0 or minute > 300 else [])
    (confirmed,) = made.confirmed()
    assert 290 <= seconds(confirmed) / 60 <= 301


def test_a_candidate_is_not_held_by_what_came_after_it(scene):
    """Its opening picture goes into the case, so it has to be of what is there."""
    stays = [(at(0.05 + 0.1 * (n % 8)), 60 * n, 60 * n + 56) for n in range(50)]
    made = watch(scene, *stays, (at(0.84), 3000, 3400), until=3400)
    (confirmed,) = made.confirmed()
    opened = [e for e in made.events if e.episode.stage.value == "opened"]
    mine = next(e for e in opened if e.episode.id == confirmed.episode.id)
    assert confirmed.frame.captured_at - mine.frame.captured_at <= timedelta(minutes=10)


def test_a_stay_that_was_not_seen_for_long_begins_anew_at_its_spot(scene):
    made = scene("street_vending", fps=0.1, **VENDING)
    for t in [*range(0, 200, 10), *range(400, 600, 10)]:
        made.look(t, [ONE])
    assert made.confirmed() == [], "200 s between two stays of 190 s"
    for t in range(600, 720, 10):
        made.look(t, [ONE])
    (confirmed,) = made.confirmed()
    assert seconds(confirmed) == 400


def test_a_roaming_vendor_is_held_over_a_gap_as_a_stall_is(scene):
    made = watch(scene, (ONE, 0, 200), (OTHER, 210, 420), until=420)
    assert made.stages() == ["opened", "confirmed"]
    for t in range(420 + 1200, 420 + 1300, 2):
        made.look(t, [OTHER])
    assert made.stages() == ["opened", "confirmed"]
    state = json.loads(json.dumps(made.rule.remember()))
    again = scene("street_vending", fps=0.5, **VENDING)
    again.rule.recall(state)
    for t in range(1720, 2100, 2):
        again.look(t, [FLICKER] if t % 100 == 0 else [])
    assert again.stages()[0] == "cleared", "what flickers elsewhere does not hold it"


def test_a_clock_that_is_set_back_takes_all_times_with_it(scene):
    made = scene("street_vending", fps=0.5, **VENDING)
    for t in range(HOUR, HOUR + 400, 2):
        made.look(t, [ONE])
    for t in range(400, 600, 2):
        made.look(t, [ONE])
    for t in range(600, 800, 2):
        made.look(t)
    cleared = made.events[-1].episode
    assert made.stages() == ["opened", "confirmed", "cleared"]
    assert cleared.opened_at <= cleared.confirmed_at <= cleared.last_seen_at <= cleared.cleared_at


DAY = 24 * HOUR
FULL = ("overflowing_bin", (0.3, 0.4, 0.5, 0.7), 0.9)
ROOF = ("structure", (0.3, 0.4, 0.5, 0.7), 0.9)
BIN = {"fps": 1 / 600, "dwell": "30m", "looks": 2, "clear": "10m"}


def test_a_bin_that_nobody_looked_at_for_a_week_is_full_anew(scene):
    made = scene("overflowing_bin", **BIN)
    made.look(0, [FULL])
    made.look(30 * DAY, [FULL])
    assert made.confirmed() == [], "it was emptied many times between two looks a month apart"
    made.look(30 * DAY + HOUR, [FULL])
    assert [seconds(event) for event in made.confirmed()] == [30 * DAY]


def test_a_full_bin_within_its_horizon_is_the_same(scene):
    made = scene("overflowing_bin", **BIN)
    for t in (0, 6 * DAY, 12 * DAY):
        made.look(t, [FULL])
    assert made.stages() == ["opened", "confirmed"]


@pytest.mark.parametrize(
    ("kind", "thing", "horizon", "more"),
    [
        ("overflowing_bin", FULL, 7, BIN),
        ("overflowing_bin", FULL, 2, BIN | {"horizon": "2d", "dedupe": "4h"}),
        ("illegal_structure", ROOF, 180, {"dwell": "7d", "looks": 2, "learn": "1s"}),
    ],
)
def test_what_was_confirmed_ends_where_nobody_looked_for_its_horizon(
    scene, kind, thing, horizon, more
):
    made = scene(kind, **more)
    for day in (-1, 0, 8, 8 + horizon, 9 + 2 * horizon):
        made.look(day * DAY, [thing] if day >= 0 else [])
        if day == 0:
            made.look(HOUR, [thing])
    ended = [e.episode for e in made.events if e.episode.stage.value == "ended"]
    (last,) = [e for e in ended if e.ended_by == "unwatched"][-1:]
    assert last.ended_at == last.last_seen_at == START + timedelta(days=8 + horizon)
    assert last.opened_at == min(e.episode.opened_at for e in made.confirmed()) or horizon < 8
    assert made.stages()[-1] == "ended", "what is seen now has been seen once"


def test_surveys_a_year_apart_still_make_a_structure_of_two(scene):
    made = scene("illegal_structure", dwell="7d", looks=2, learn="1s")
    made.look(-1)
    made.look(0, [ROOF])
    made.look(365 * DAY, [ROOF])
    assert made.stages() == ["opened", "confirmed"]

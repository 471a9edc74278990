"""What ends an episode that nobody saw gone: the end of hours, a permit, too long a gap."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.vision.rules.conftest import START
from vision.registers.permits import Permit
from vision.rules import CameraRules
from vision.rules.record import RULES_VERSION, Record
from vision.rules.replay import replay

STALL = ("stall", (0.4, 0.4, 0.6, 0.7), 0.8)
FULL = ("overflowing_bin", (0.3, 0.4, 0.5, 0.7), 0.9)
ROOF = ("structure", (0.3, 0.4, 0.5, 0.7), 0.9)
VENDING = {"dwell": "5m", "looks": 3, "clear": "2m", "dedupe": "4h"}
HOUR, DAY = 3600, 86400
# The scene starts at 16:00 in Shanghai.
UNTIL_SIX = {"hours": ["Mon-Sun 06:00-18:00"]}
SIX = START + timedelta(hours=2)


def watch(scene, kind="street_vending", *, fps=0.1, zone=UNTIL_SIX, site=None, **settings):
    return scene(kind, fps=fps, zone=zone, site=site, **(VENDING | settings))


def play(made, begin: int, end: int, *seen, every: int = 10) -> None:
    for t in range(begin, end, every):
        made.look(t, seen)


def told(made) -> list[tuple[str, str | None]]:
    return [(e.episode.stage.value, e.episode.ended_by) for e in made.events]


def test_a_stall_of_three_days_is_three_episodes_each_within_its_day(scene):
    made = watch(scene, fps=1 / 60)
    play(made, -HOUR, 3 * DAY, STALL, every=60)
    confirmed = [e.episode for e in made.confirmed()]
    assert len({e.id for e in confirmed}) == len(confirmed) == 4
    ended = [e.episode for e in made.events if e.episode.stage.value == "ended"]
    assert [e.ended_at for e in ended] == [SIX + timedelta(days=n) for n in range(3)]
    assert {e.ended_by for e in ended} == {"hours_over"}
    assert all(e.cleared_at is None and e.last_seen_at < e.ended_at for e in ended)
    assert [e.opened_at for e in confirmed[1:]] == [
        START + timedelta(hours=14, days=n) for n in range(3)
    ]


@pytest.mark.parametrize("restarts", [False, True])
def test_a_camera_that_sent_nothing_until_the_next_day_ends_it_at_the_end_of_hours(scene, restarts):
    made = watch(scene)
    play(made, 0, HOUR, STALL)
    if restarts:
        state = json.loads(json.dumps(made.rule.remember()))
        made = watch(scene)
        made.rule.recall(state)
    made.events.clear()
    play(made, 16 * HOUR, 16 * HOUR + 320, STALL)
    assert told(made) == [("ended", "hours_over"), ("opened", None), ("confirmed", None)]
    assert made.events[0].episode.ended_at == SIX
    assert made.events[2].episode.opened_at == START + timedelta(hours=16)


def test_a_candidate_does_not_outlast_the_hours(scene):
    made = watch(scene)
    play(made, 2 * HOUR - 240, 2 * HOUR, STALL)
    play(made, 14 * HOUR, 14 * HOUR + 120, STALL)
    assert told(made) == [("opened", None), ("dropped", None), ("opened", None)]


@pytest.mark.parametrize(
    "zone",
    [
        {"hours": ["Mon-Fri 00:00-24:00"]},  # a Friday
        {"hours": ["Hol 00:00-01:00", "Fri 00:00-24:00"]},
        {"valid": "2026-11-01/2026-11-20"},
    ],
)
def test_the_end_of_the_days_is_an_end_of_hours(scene, zone):
    made = watch(scene, zone=zone)
    play(made, 0, 600, STALL)
    play(made, 48 * HOUR, 48 * HOUR + 20, STALL)
    assert told(made)[2:] == [("ended", "hours_over")]
    assert made.events[2].episode.ended_at == START + timedelta(hours=8), "midnight"


def test_a_gap_beyond_the_time_of_one_case_ends_it_unwatched(scene):
    made = watch(scene, zone=None)
    play(made, 0, HOUR, STALL)
    play(made, 5 * HOUR - 20, 5 * HOUR, STALL)
    assert told(made) == [("opened", None), ("confirmed", None)]
    play(made, 10 * HOUR, 10 * HOUR + 320, STALL)
    assert told(made)[2:] == [("ended", "unwatched"), ("opened", None), ("confirmed", None)]
    ended = made.events[2].episode
    assert ended.ended_at == ended.last_seen_at == START + timedelta(seconds=5 * HOUR - 10)


@pytest.mark.parametrize("dedupe", ["0s", "5s", "1m"])
def test_a_site_that_wants_no_dedupe_has_episodes_all_the_same(scene, dedupe):
    made = watch(scene, zone=None, dedupe=dedupe)
    play(made, 0, HOUR, STALL, every=40)
    assert told(made) == [("opened", None), ("confirmed", None)]


def test_an_end_by_the_clock_can_be_decided_again(scene):
    made = watch(scene)
    made.rule = CameraRules([made.rule], model={})
    play(made, HOUR, 2 * HOUR + 60, STALL)
    ended = made.events[-1]
    assert ended.episode.stage == "ended"
    record = Record.from_json(ended.record)
    assert record.episode == ended.episode
    assert replay(record).same


@pytest.mark.parametrize(
    ("kind", "seen", "settings"),
    [
        ("overflowing_bin", FULL, {"dwell": "30m", "clear": "10m", "dedupe": "until_cleared"}),
        (
            "illegal_structure",
            ROOF,
            {"dwell": "30m", "clear": "10m", "dedupe": "until_cleared", "learn": "1m"},
        ),
    ],
)
def test_the_clock_empties_no_bin_and_tears_nothing_down(scene, kind, seen, settings):
    made = watch(scene, kind, **settings)
    play(made, 0, 120)
    play(made, 120, 2 * HOUR + 600, seen)
    assert [stage for stage, _ in told(made)] == ["opened", "confirmed"]
    play(made, 14 * HOUR, 14 * HOUR + 60, seen)
    assert [stage for stage, _ in told(made)] == ["opened", "confirmed"]
    play(made, 14 * HOUR + 60, 15 * HOUR)
    assert [stage for stage, _ in told(made)] == ["opened", "confirmed", "cleared"]
    assert made.events[-1].episode.opened_at == START + timedelta(seconds=120)


def whole(**permit: object) -> dict[str, object]:
    area = ((0, 0), (1, 0), (1, 1), (0, 1))
    return {"permits": (Permit(name="market", camera="cam", polygon=area, **permit),)}


@pytest.mark.parametrize("blind", [False, True])
def test_a_permit_that_begins_ends_what_stands_there_and_after_it_it_is_another(scene, blind):
    made = watch(scene, zone=None, site=whole(hours=["Fri 17:00-18:00"]))
    play(made, 0, HOUR - 20, STALL)
    if not blind:
        play(made, HOUR - 20, 2 * HOUR, STALL)
    play(made, 2 * HOUR, 2 * HOUR + 320, STALL)
    stages = [("opened", None), ("confirmed", None)]
    assert told(made) == [*stages, ("ended", "permit"), *stages]
    ended, again = made.events[2].episode, made.events[-1].episode
    assert (ended.ended_at, ended.cleared_at) == (START + timedelta(hours=1), None)
    assert again.opened_at == SIX


def test_a_permit_that_is_entered_meanwhile_ends_it_too(scene):
    made = watch(scene, zone=None)
    play(made, 0, HOUR, STALL)
    again = watch(scene, zone=None, site=whole())
    again.rule.recall(json.loads(json.dumps(made.rule.remember())))
    play(again, HOUR, HOUR + 600, STALL)
    assert told(again) == [("ended", "permit")]


def test_a_market_goes_on_while_one_of_its_stalls_has_no_permit(scene):
    bay = ((0.5, 0), (1, 0), (1, 1), (0.5, 1))
    site = {"permits": (Permit(name="bay", camera="cam", polygon=bay, hours=["Fri 17:00-20:00"]),)}
    left, right = ("stall", (0.1, 0.4, 0.3, 0.7), 0.8), ("stall", (0.6, 0.4, 0.8, 0.7), 0.8)
    made = watch(scene, zone=None, site=site)
    play(made, 0, 2 * HOUR, left, right)
    assert [stage for stage, _ in told(made)] == ["opened", "confirmed"]
    play(made, 2 * HOUR, 2 * HOUR + 300, right)
    assert told(made)[-1] == ("cleared", None)


def test_a_structure_with_a_building_permit_is_not_gone(scene):
    settings = {"dwell": "30m", "clear": "10m", "dedupe": "until_cleared", "learn": "1m"}
    site = whole(kinds=["illegal_structure"], valid="2026-11-21/2027-11-20")
    made = watch(scene, "illegal_structure", zone=None, site=site, **settings)
    play(made, 0, 120)
    play(made, 120, 9 * HOUR, ROOF)
    assert told(made) == [("opened", None), ("confirmed", None), ("ended", "permit")]
    assert made.events[-1].episode.ended_at == START + timedelta(hours=8), "midnight"


def test_a_pass_ends_with_the_hours(scene):
    made = scene("dirty_truck", fps=1, zone=UNTIL_SIX, dwell="0s", looks=3, clear="10s")

    def drive(seconds: range) -> None:
        for n, t in enumerate(seconds):
            x = 0.05 + 0.06 * n
            made.look(t, [("truck", (x, 0.4, x + 0.3, 0.8), 0.9)], track=1, load="open")

    drive(range(2 * HOUR - 6, 2 * HOUR + 3))
    assert told(made) == [("confirmed", None), ("ended", "hours_over")]
    assert made.events[-1].episode.ended_at == SIX
    drive(range(14 * HOUR, 14 * HOUR + 6))
    assert told(made)[2:] == [("confirmed", None)], "another pass"


def test_rules_that_decide_otherwise_have_another_number():
    assert RULES_VERSION == "6"

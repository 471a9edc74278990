"""A stall is distinguished from a passer-by by its dwell at one place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from vision.registers.permits import Permit

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)

STALL = ("stall", (0.4, 0.4, 0.6, 0.7), 0.8)


def at(x: float, score: float = 0.8) -> tuple[str, tuple[float, float, float, float], float]:
    return ("stall", (x, 0.4, x + 0.15, 0.7), score)


def test_stall_that_stays_is_one_episode_that_clears_after_it_left(scene):
    s = scene("street_vending", dwell="20s", looks=3, clear="5s")
    for t in range(40):
        s.look(t, [STALL])
    for t in range(40, 60):
        s.look(t)
    assert s.stages() == ["opened", "confirmed", "cleared"]
    opened, confirmed, cleared = (e.episode for e in s.events)
    assert opened.id == confirmed.id == cleared.id
    assert (confirmed.confirmed_at - confirmed.opened_at) == timedelta(seconds=20)
    assert cleared.dwell == timedelta(seconds=39)
    assert cleared.cleared_at - cleared.last_seen_at <= timedelta(seconds=7)
    assert {r.en.split()[0] for r in confirmed.why} >= {"stayed", "seen"}
    assert all(r.zh for r in confirmed.why)


def test_passing_cart_is_dropped(scene):
    s = scene("street_vending", dwell="20s", looks=3, clear="5s")
    for t in range(60):
        s.look(t, [at(0.02 * t)] if t < 40 else [])
    assert s.confirmed() == []
    assert set(s.stages()) <= {"opened", "dropped"}


def test_stream_of_different_passing_carts_never_adds_up(scene):
    s = scene("street_vending", dwell="20s", looks=3, clear="5s")
    for t in range(300):
        s.look(t, [at(0.1 * (t % 9))])
    assert s.confirmed() == []


def test_brief_pause_is_not_a_stay(scene):
    s = scene("street_vending", dwell="20s", looks=3, clear="5s")
    path = [0.05 * t for t in range(8)] + [0.4] * 8 + [0.4 + 0.05 * t for t in range(9)]
    for t, x in enumerate(path):
        s.look(t, [at(x)])
    for t in range(len(path), len(path) + 20):
        s.look(t)
    assert s.confirmed() == []


def test_market_is_one_episode(scene):
    s = scene("street_vending", dwell="20s", looks=3, clear="5s")
    for t in range(60):
        s.look(t, [at(0.05), at(0.25), at(0.45), at(0.65 if t > 10 else 0.9)])
    (confirmed,) = s.confirmed()
    assert confirmed.episode.objects >= 3
    assert confirmed.episode.box[0] < 0.06
    assert confirmed.episode.box[2] > 0.55


def test_parasol_over_stall_is_one_thing(scene):
    s = scene("street_vending", dwell="5s", looks=3, clear="5s")
    for t in range(10):
        s.look(t, [STALL, ("parasol", (0.38, 0.2, 0.62, 0.45), 0.9)])
    (confirmed,) = s.confirmed()
    assert confirmed.episode.objects == 1
    assert len(confirmed.focus) == 2


def test_occlusion_and_missed_detections_do_not_break_dwell(scene):
    s = scene("street_vending", dwell="20s", looks=3, clear="8s")
    for t in range(40):
        s.look(t, [] if t % 4 == 3 or 10 <= t < 15 else [STALL])
    assert s.stages() == ["opened", "confirmed"]


def test_flicker_is_not_presence(scene):
    s = scene("street_vending", dwell="20s", looks=3, clear="30s")
    for t in range(100):
        s.look(t, [STALL] if t % 5 == 0 else [])
    assert s.confirmed() == []


def test_camera_gap_is_neither_presence_nor_absence(scene):
    s = scene("street_vending", dwell="60s", looks=3, clear="5s")
    for t in (0, 1, 2, 3, 103, 104):
        s.look(t, [STALL])
    assert s.confirmed() == []
    for t in range(105, 170):
        s.look(t, [STALL])
    assert s.stages() == ["opened", "dropped", "opened", "confirmed"]
    (confirmed,) = s.confirmed()
    assert confirmed.episode.opened_at == START + timedelta(seconds=103), "after the gap"
    s.look(1000, [STALL])
    assert s.stages()[4:] == [], "what was confirmed is held over a gap"


def test_outside_the_zone_nothing_counts(scene):
    strip = {"polygon": [[0.0, 0.8], [1.0, 0.8], [1.0, 1.0], [0.0, 1.0]]}
    s = scene("street_vending", zone=strip, dwell="5s", looks=3, clear="5s")
    for t in range(30):
        s.look(t, [STALL])
    assert s.events == []


def test_outside_the_hours_nothing_counts(scene):
    # START is 08:00 UTC, 16:00 in Shanghai, the site's zone by default.
    closed = {"hours": ["Mon-Sun 06:00-16:00"]}
    s = scene("street_vending", zone=closed, dwell="5s", looks=3, clear="5s")
    for t in range(-20, 30):
        s.look(t, [STALL])
    (confirmed,) = s.confirmed()
    assert confirmed.frame.captured_at.hour == 7
    assert s.stages() == ["opened", "confirmed", "ended"]


def test_weak_scores_do_not_confirm(scene):
    s = scene("street_vending", dwell="5s", looks=3, clear="5s", threshold=0.6)
    for t in range(30):
        s.look(t, [at(0.3, 0.5)])
    assert s.confirmed() == []


def permitted(**permit: object) -> dict[str, object]:
    """A permit for the whole picture."""
    whole = ((0, 0), (1, 0), (1, 1), (0, 1))
    return {"permits": (Permit(name="market", camera="cam", polygon=whole, **permit),)}


@pytest.mark.parametrize(("begins", "cases"), [("16:04", 0), ("16:06", 1)])
def test_a_permit_that_begins_before_the_dwell_is_over_is_in_time(scene, begins, cases):
    """The scene starts at 16:00 in Shanghai; what dwells for five minutes is a case."""
    hours = [f"Fri {begins}-20:00"]
    s = scene(
        "street_vending", fps=0.1, site=permitted(hours=hours), dwell="5m", looks=3, clear="1m"
    )
    for t in range(0, 900, 10):
        s.look(t, [STALL])
    assert len(s.confirmed()) == cases
    assert s.stages()[-1] == ("ended" if cases else "dropped"), "the permit began"
    ended = s.events[-1].episode
    assert (ended.cleared_at, ended.ended_by) == (None, "permit" if cases else None)


@pytest.mark.parametrize(("ends", "seconds"), [("16:05", 600), ("16:06", 660)])
def test_dwell_counts_from_the_end_of_a_permit(scene, ends, seconds):
    hours = [f"Fri 10:00-{ends}"]
    s = scene(
        "street_vending", fps=0.1, site=permitted(hours=hours), dwell="5m", looks=3, clear="1m"
    )
    for t in range(0, 900, 10):
        s.look(t, [STALL])
    (confirmed,) = s.confirmed()
    assert confirmed.episode.dwell == timedelta(minutes=5)
    assert (confirmed.frame.captured_at - START).total_seconds() == seconds
    (about_permits, *_) = confirmed.episode.why
    assert about_permits.data == {"permits": 1, "names": ["market"]}
    assert "market" in about_permits.en


def test_where_it_stands_on_the_map_is_said_where_the_ground_is_known(scene):
    seen = [(u, v) for u in (0, 0.5, 1) for v in (0.1, 0.5, 1)]
    points = [(u, v, 113.37 + u / 1000, 31.71 - v / 1000) for u, v in seen]
    s = scene("street_vending", camera={"ground": points}, dwell="20s", looks=3, clear="5s")
    for t in range(25):
        s.look(t, [STALL])
    (confirmed,) = s.confirmed()
    where = confirmed.episode.where
    assert (where.lon, where.lat) == pytest.approx(
        (113.37 + 0.5 / 1000, 31.71 - 0.7 / 1000), abs=1e-7
    )
    assert (where.method, where.crs) == ("homography", "WGS84")
    assert 0 < where.accuracy_m < 20


def roam(scene, stop_s: int, *, stops: int, away_s: int = 10):
    """Someone who stops at one spot after the other, and is on the way in between."""
    s = scene("street_vending", fps=0.1, dwell="5m", looks=3, clear="2m")
    for t in range(0, stops * (stop_s + away_s), 10):
        spot, on_the_way = divmod(t, stop_s + away_s)
        s.look(t, [at(0.2 * (spot % 4))] if on_the_way < stop_s else [])
    end = stops * (stop_s + away_s)
    for t in range(end, end + 200, 10):
        s.look(t)
    return s


def test_who_moves_on_before_the_dwell_is_over_is_a_roaming_vendor(scene):
    s = roam(scene, 180, stops=4)
    assert s.stages() == ["opened", "confirmed", "cleared"]
    (confirmed,) = s.confirmed()
    assert confirmed.episode.subtype == "roaming_vendor"
    assert "several spots" in confirmed.episode.why[0].en
    assert confirmed.episode.why[0].data["occupied_s"] >= 300


def test_who_stops_for_a_moment_only_passes(scene):
    assert roam(scene, 50, stops=20).confirmed() == []


def test_what_stands_before_a_shop_is_that_shop_after_ten_minutes(scene):
    before_the_door = {"subtypes": {"street_vending": "shop_outside"}}
    s = scene("street_vending", fps=0.1, zone=before_the_door)
    for t in range(0, 700, 10):
        s.look(t, [STALL])
    (confirmed,) = s.confirmed()
    assert confirmed.episode.subtype == "shop_outside"
    assert confirmed.episode.dwell == timedelta(minutes=10)


def test_people_with_it_are_told_of_and_decide_nothing(scene):
    vendor = ("person", (0.62, 0.4, 0.68, 0.72), 0.5)  # within a quarter of the stall's width
    doubtful = ("person", (0.62, 0.4, 0.68, 0.72), 0.3)
    across = ("person", (0.8, 0.4, 0.86, 0.72), 0.9)
    s = scene("street_vending", dwell="20s", looks=3, clear="5s")
    for t in range(21):
        s.look(t, [STALL, across, vendor if t % 4 == 0 else doubtful])
    (confirmed,) = s.confirmed()
    told = confirmed.episode.why[-1]
    assert told.data == {"attended": 6, "looks": 21}
    assert (told.en, told.zh) == (
        "people seen with it on 6 of 21 looks",
        "检出的21次中，6次旁边有人",
    )


def test_a_stall_that_is_left_alone_is_a_case_and_a_passer_by_shows_as_one_look_of_many(scene):
    s = scene("street_vending", dwell="20s", looks=3, clear="5s")
    for t in range(30):
        s.look(t, [STALL, ("person", (0.1 * t, 0.5, 0.1 * t + 0.05, 0.72), 0.9)])
    (confirmed,) = s.confirmed()
    assert 1 <= confirmed.episode.why[-1].data["attended"] <= 3

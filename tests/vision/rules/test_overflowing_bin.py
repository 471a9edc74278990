"""A bin is full when two looks far enough apart say so."""

from __future__ import annotations

FULL = ("overflowing_bin", (0.2, 0.4, 0.3, 0.6), 0.8)
NORMAL = ("bin", (0.5, 0.4, 0.6, 0.6), 0.9)
BAGS = ("garbage", (0.29, 0.52, 0.38, 0.6), 0.7)


def test_two_looks_apart_confirm_and_emptying_clears(scene):
    s = scene("overflowing_bin", fps=0.01, dwell="30m", looks=2, clear="10m")
    s.look(0, [FULL, NORMAL])
    assert s.confirmed() == []
    s.look(1800, [FULL, NORMAL])
    (confirmed,) = s.confirmed()
    assert confirmed.episode.subtype == "bin_overflow"
    s.look(3600, [NORMAL, ("bin", FULL[1], 0.9)])
    s.look(5400, [NORMAL])
    assert s.stages()[-1] == "cleared"


def test_normal_bin_is_nothing(scene):
    s = scene("overflowing_bin", dwell="5s", looks=2, clear="5s")
    for t in range(30):
        s.look(t, [NORMAL])
    assert s.events == []


def test_bags_beside_a_full_bin_are_the_same_episode(scene):
    s = scene("overflowing_bin", dwell="20s", looks=2, clear="5s")
    for t in range(40):
        s.look(t, [FULL, BAGS] if t % 2 else [FULL])
    assert s.stages() == ["opened", "confirmed"]


def test_two_full_bins_are_two_episodes(scene):
    s = scene("overflowing_bin", dwell="20s", looks=2, clear="5s")
    other = ("overflowing_bin", (0.7, 0.4, 0.8, 0.6), 0.8)
    for t in range(40):
        s.look(t, [FULL, other])
    assert len(s.confirmed()) == 2


def test_garbage_without_a_bin_is_exposed_garbage(scene):
    s = scene("overflowing_bin", dwell="20s", looks=2, clear="5s")
    for t in range(30):
        s.look(t, [BAGS])
    (confirmed,) = s.confirmed()
    assert confirmed.episode.subtype == "exposed_garbage"


def test_further_looks_are_wanted_while_something_is_to_be_made_sure_of(scene):
    s = scene("overflowing_bin", dwell="20s", looks=2, clear="5s")
    s.look(0, [NORMAL])
    assert not s.rule.has_candidates
    for t in range(1, 20):
        s.look(t, [FULL])
        assert s.rule.has_candidates, "a candidate"
    s.look(30, [FULL])
    assert not s.rule.has_candidates, "it is confirmed"
    s.look(31, [NORMAL])
    assert s.rule.has_candidates, "is it gone?"
    for t in range(32, 40):
        s.look(t, [NORMAL])
    assert s.stages()[-1] == "cleared"
    assert not s.rule.has_candidates


def test_a_case_is_about_the_registered_bin(scene):
    outline = [[0.2, 0.4], [0.3, 0.4], [0.3, 0.6], [0.2, 0.6]]
    asset = {"id": "B-17", "name": "east gate", "camera": "cam", "polygon": outline}
    s = scene("overflowing_bin", dwell="20s", looks=2, clear="5s", site={"assets": [asset]})
    other = ("overflowing_bin", (0.7, 0.4, 0.8, 0.6), 0.8)
    for t in range(40):
        s.look(t, [FULL, other])
    registered, unknown = (event.episode for event in s.confirmed())
    assert registered.asset == "B-17"
    assert registered.why[0].en == "at the registered asset B-17 east gate"
    assert unknown.asset is None
    assert not any("asset" in reason.data for reason in unknown.why)

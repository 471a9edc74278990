"""A structure counts when it was not there while the view was learnt."""

from __future__ import annotations

import json

import pytest

OLD = ("structure", (0.1, 0.1, 0.4, 0.4), 0.8)
NEW = ("structure", (0.5, 0.5, 0.7, 0.7), 0.8)


def test_new_roof_confirms_and_old_ones_do_not(scene):
    s = scene("illegal_structure", learn="10s", dwell="15s", looks=2, clear="5s")
    for t in range(60):
        s.look(t, [OLD, NEW] if t >= 30 else [OLD])
    (confirmed,) = s.confirmed()
    assert confirmed.episode.box[0] > 0.45
    assert confirmed.episode.why[0].en.startswith("suspected")


def test_roof_doubtful_while_learning_is_known(scene):
    s = scene("illegal_structure", learn="10s", dwell="15s", looks=2, clear="5s")
    for t in range(60):
        s.look(t, [("structure", OLD[1], 0.15 if t < 30 else 0.9)])
    assert s.events == []


def test_flicker_while_learning_does_not_hide_what_is_built_there(scene):
    s = scene("illegal_structure", learn="20s", dwell="15s", looks=2, clear="5s")
    for t in range(60):
        s.look(t, [OLD, NEW] if t >= 30 or t == 7 else [OLD])
    assert len(s.confirmed()) == 1


def test_hover_drift_is_not_a_new_roof(scene):
    s = scene("illegal_structure", learn="10s", dwell="15s", looks=2, clear="5s")
    for t in range(60):
        d = 0.02 * (t % 2)
        s.look(t, [("structure", (0.1 + d, 0.1 + d, 0.4 + d, 0.4 + d), 0.8)])
    assert s.events == []


def test_restart_does_not_learn_the_new_roof(scene, tmp_path):
    settings = {"learn": "10s", "dwell": "15s", "looks": 2, "clear": "5s", "memory": tmp_path}
    first = scene("illegal_structure", **settings)
    for t in range(20):
        first.look(t, [OLD])
    second = scene("illegal_structure", **settings)
    for t in range(100, 140):
        second.look(t, [OLD, NEW])
    assert len(second.confirmed()) == 1


def test_unreadable_baseline_is_learnt_anew_not_a_crash(scene, tmp_path):
    (tmp_path / "baseline-cam-zone.json").write_text('{"learnt_until": ')
    s = scene("illegal_structure", learn="10s", dwell="15s", looks=2, memory=tmp_path)
    for t in range(60):
        s.look(t, [OLD, NEW] if t >= 30 else [OLD])
    assert len(s.confirmed()) == 1


def test_what_the_baseline_on_the_map_has_is_known_from_the_first_look(scene, tmp_path):
    """The camera looks straight down on a degree's thousandth each way."""
    seen = [(u, v) for u in (0.05, 0.5, 0.95) for v in (0.05, 0.5, 0.95)]
    points = [(u, v, 113 + u / 1000, 31 - v / 1000) for u, v in seen]
    corners = ((0.1, 0.1), (0.3, 0.1), (0.3, 0.3), (0.1, 0.3))
    ring = [(113 + u / 1000, 31 - v / 1000) for u, v in corners]
    feature = {
        "type": "Feature",
        "properties": {"as_of": "2026-03-01"},
        "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
    }
    path = tmp_path / "known.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    s = scene(
        "illegal_structure",
        camera={"ground": points},
        site={"baseline": str(path)},
        learn="1h",
        dwell="10s",
        looks=2,
    )
    known, new = (0.1, 0.1, 0.3, 0.3), (0.6, 0.6, 0.7, 0.8)
    for t in range(15):
        s.look(t, [("structure", known, 0.9), ("structure", new, 0.9)])
    (confirmed,) = s.confirmed()
    assert confirmed.episode.box == pytest.approx((0.6, 0.6, 0.7, 0.8), abs=1e-6)
    baseline, size, *_ = confirmed.episode.why
    assert baseline.data == {"baseline_size": 1, "baseline_date": "2026-03-01"}
    assert size.data["area_m2"] == pytest.approx(95.4 * 0.1 * 110.9 * 0.2, rel=0.02)
    assert 0 < size.data["area_error_m2"] < 400

"""A structure counts when it was not there while the view was learnt."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.vision.rules.conftest import Scene, surveyed
from vision.look import Look
from vision.rules import camera_rules
from vision.site import Camera, Site, SiteInfo, Zone

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


def test_looks_older_than_the_baseline_leave_nothing_behind(scene, tmp_path):
    (known := tmp_path / "known.geojson").write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "properties": {"as_of": "2026-11-21"},  # the day after the looks
                        "geometry": {
                            "type": "Polygon",
                            "coordinates": [[(113, 31), (113.1, 31), (113.1, 31.1), (113, 31)]],
                        },
                    }
                ],
            }
        )
    )
    points = [(u, v, 113 + u / 1000, 31 - v / 1000) for u in (0, 0.5, 1) for v in (0, 0.5, 1)]
    s = scene("illegal_structure", camera={"ground": points}, site={"baseline": str(known)})
    for t in range(15):
        s.look(t, [OLD])
    assert s.events == []
    assert s.rule.idle


def seen_from(shift: float, *boxes: tuple[float, float, float, float]) -> dict[str, object]:
    """What a drone sees that is further to the right by so many widths, and where it says it is."""
    to_reference = [[1.0, 0.0, shift], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    found = [("structure", (x1 - shift, y1, x2 - shift, y2), 0.9) for x1, y1, x2, y2 in boxes]
    inside = [one for one in found if one[1][2] > 0 and one[1][0] < 1]
    return {"seen": inside, "known": surveyed(to_reference)}


STOOD, BUILT, ASIDE = (0.3, 0.4, 0.4, 0.6), (0.6, 0.4, 0.7, 0.6), (1.5, 0.4, 1.6, 0.6)


def test_two_flights_over_a_place_are_two_looks_at_it(scene):
    s = scene("illegal_structure", camera={"type": "drone"}, learn="10s", dwell="1h", looks=2)
    for t in range(12):
        s.look(t, **seen_from(0.01 * t, STOOD))
    s.look(7200, **seen_from(0.2, STOOD, BUILT))
    (confirmed,) = [*s.look(14400, **seen_from(-0.1, STOOD, BUILT)), *s.confirmed()][-1:]
    assert confirmed.episode.box == pytest.approx(BUILT, abs=1e-6)
    drawn = confirmed.detections.xyxy[list(confirmed.focus)][0] / 100
    assert drawn == pytest.approx((0.7, 0.4, 0.8, 0.6)), "in the picture it is where it was seen"


def test_where_nobody_has_flown_before_nothing_is_new(scene):
    s = scene("illegal_structure", camera={"type": "drone"}, learn="10s", dwell="10s", looks=2)
    for t in range(12):
        s.look(t, **seen_from(0, STOOD))
    for t in range(12, 60):
        s.look(t, **seen_from(1.0, ASIDE))
    assert s.events == []


def test_what_is_out_of_view_is_not_gone_and_what_cannot_be_placed_is_no_look(scene):
    s = scene(
        "illegal_structure", camera={"type": "drone"}, learn="5s", dwell="10s", looks=2, clear="5s"
    )
    for t in range(30):
        s.look(t, **seen_from(0, *([STOOD] if t < 6 else [STOOD, BUILT])))
    assert s.stages() == ["opened", "confirmed"]
    for t in range(30, 60):
        s.look(t, **seen_from(1.0, STOOD, BUILT))
    for t in range(60, 90):
        s.look(t, [], known=Look(surveyed=True))
    assert s.stages() == ["opened", "confirmed"]
    for t in range(90, 100):
        s.look(t, **seen_from(0.1, STOOD))
    assert s.stages() == ["opened", "confirmed", "cleared"]


def test_a_newer_baseline_counts_over_what_was_remembered(scene, tmp_path):
    seen = [(u, v) for u in (0.05, 0.5, 0.95) for v in (0.05, 0.5, 0.95)]
    points = [(u, v, 113 + u / 1000, 31 - v / 1000) for u, v in seen]

    def site(*boxes: tuple[float, float, float, float]) -> dict[str, str]:
        features = [
            {
                "type": "Feature",
                "properties": {"as_of": "2026-03-01"},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [
                        [
                            (113 + u / 1000, 31 - v / 1000)
                            for u, v in ((x1, y1), (x2, y1), (x2, y2), (x1, y2), (x1, y1))
                        ]
                    ],
                },
            }
            for x1, y1, x2, y2 in boxes
        ]
        path = tmp_path / "known.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        return {"baseline": str(path)}

    settings = {"camera": {"ground": points}, "dwell": "5s", "looks": 2, "clear": "5s"}
    before = scene("illegal_structure", site=site(STOOD), **settings)
    for t in range(10):
        before.look(t, [("structure", STOOD, 0.9), ("structure", BUILT, 0.9)])
    assert len(before.confirmed()) == 1
    after = scene("illegal_structure", site=site(STOOD, BUILT), **settings)
    after.rule.recall(before.rule.remember())
    for t in range(10, 25):
        after.look(t, [("structure", STOOD, 0.9), ("structure", BUILT, 0.9)])
    assert after.stages() == ["cleared"], "it was put into the baseline"


def test_a_remembered_area_that_is_none_is_refused_as_any_broken_state(scene):
    rule = scene("illegal_structure").rule
    with pytest.raises(ValueError, match=r"POLYGON|Parse"):
        rule.recall(rule.remember() | {"learnt": "POLYGON (("})


def test_a_baseline_that_cannot_be_written_stops_nobody(scene, tmp_path, caplog):
    (tmp_path / "memory").write_text("no folder")
    s = scene("illegal_structure", memory=tmp_path / "memory", dwell="5s", looks=2, learn="5s")
    house = ("structure", (0.1, 0.1, 0.3, 0.3), 0.9)
    shed = ("structure", (0.6, 0.6, 0.8, 0.8), 0.9)
    for t in range(10):
        s.look(t, [house])
    for t in range(10, 30):
        s.look(t, [house, shed])
    assert s.stages() == ["opened", "confirmed"]
    assert caplog.text.count("the baseline cannot be written") == 1


def learn(folder: Path, zone: str, seen: list[object], zones_: list[str]) -> list[str]:
    """Rules of one of several zones, made anew: they learn for a minute, or know already."""
    watched = [
        Zone(name=n, watch=("illegal_structure",), settings={"illegal_structure": SETTINGS})
        for n in zones_
    ]
    camera = Camera(id="cam", source="x", zones=tuple(watched))
    site = Site(site=SiteInfo(name="t"), cameras=(camera,))
    made = Scene("illegal_structure")
    rules = camera_rules(site, camera, threshold=0.4, memory=folder)
    made.rule = next(r for r in rules if r.context.zone.name == zone)
    for t in range(0, 120, 10):
        made.look(t, seen)
    return made.stages()


SETTINGS = {"dwell": "30s", "looks": 2, "clear": "1m", "learn": "1m"}
ALIKE = ["roof 1", "roof-1", "roof/1", "Roof 1"]


def test_zones_of_like_names_have_each_their_own_baseline(tmp_path: Path) -> None:
    for number, zone in enumerate(ALIKE):
        learn(tmp_path, zone, [known_roof(number)], ALIKE)
    assert len({f.name.casefold() for f in tmp_path.iterdir()}) == len(ALIKE)
    for number, zone in enumerate(ALIKE):
        assert learn(tmp_path, zone, [known_roof(number)], ALIKE) == []
        assert "confirmed" in learn(tmp_path, zone, [known_roof(number + 1)], ALIKE)


def known_roof(number: int) -> tuple[str, tuple[float, float, float, float], float]:
    return ("structure", (0.05 + 0.2 * number, 0.2, 0.15 + 0.2 * number, 0.4), 0.9)


def test_a_baseline_of_an_earlier_version_is_read_unless_zones_shared_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    learn(tmp_path, "roof 1", [known_roof(0)], ["roof 1"])
    (file,) = tmp_path.iterdir()
    old = file.rename(tmp_path / "baseline-cam-roof-1.json")
    assert "confirmed" in learn(tmp_path, "roof 1", [known_roof(1)], ["roof 1"])
    assert not old.exists()
    file.rename(old)
    assert learn(tmp_path, "roof 1", [known_roof(1)], ALIKE) == [], "learnt anew"
    assert "shared this baseline" in caplog.text

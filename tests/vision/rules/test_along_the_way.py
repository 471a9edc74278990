"""What a moving camera decides: k of n steps of its way, once a place, at a place on the map."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.vision.flights import camera_of
from tests.vision.rules.conftest import Scene
from vision.geo import CarriedPose, DronePose, LocalPlane
from vision.rules.looks import as_row, from_row

PLANE = LocalPlane(113.38, 31.71)
BIN, STALL = "overflowing_bin", "stall"
Box = tuple[float, float, float, float]
SETTINGS = {"dwell": "30m", "looks": 3, "of": 5, "along_m": 20, "clear": "5s"}


def car(east: float, north: float = 0.0, off: float = 1.5) -> CarriedPose:
    lon, lat = PLANE.degrees(east, north)
    return CarriedPose(lon=lon, lat=lat, position_m=off, viewing_m=25.0)


def vehicle(scene: type[Scene], kind: str = "overflowing_bin", **parts: object) -> Scene:
    return scene(kind, fps=5, camera={"type": "vehicle"}, **(SETTINGS | parts))


def passing(
    s: Scene, track: int, ways: Iterable[float], t: float = 0.0, what: str = BIN, *,
    off: float = 1.5,
) -> float:  # fmt: skip
    """Drive along, with a thing coming nearer; each look half a second after the one before."""
    for n, east in enumerate(ways):
        side = 0.02 + 0.01 * n
        box = (0.5 + 0.03 * n, 0.5, 0.5 + 0.03 * n + side, 0.5 + side)
        s.look(t, [(what, box, 0.9)], track=track, load="other", pose=car(east, off=off))
        t += 0.5
    return t


def drive(s: Scene, ways: Iterable[float], t: float) -> float:
    for east in ways:
        s.look(t, [], pose=car(east))
        t += 0.5
    return t


@pytest.mark.parametrize("kind", ["overflowing_bin", "street_vending"])
def test_what_is_passed_is_found_where_the_car_was(scene: type[Scene], kind: str) -> None:
    s = vehicle(scene, kind)
    what = BIN if kind == "overflowing_bin" else STALL
    t = passing(s, 1, range(0, 15, 3), what=what)
    drive(s, range(15, 200, 5), t)
    (event,) = s.confirmed()
    where = event.episode.where
    assert where is not None
    assert where.method == "gps_track"
    assert where.accuracy_m == pytest.approx(25 + 1.5 * 2.568, abs=0.1)
    assert 0 <= PLANE.metres(where.lon, where.lat)[0] < 12.1
    assert event.episode.why[0].code == "along"
    assert event.episode.why[0].data == {
        "steps": 3,
        "steps_needed": 3,
        "steps_of": 5,
        "step_m": 4.0,
    }
    assert s.stages() == ["opened", "confirmed"], "out of view is neither there nor gone"


def test_a_hundred_looks_at_a_red_light_are_one(scene: type[Scene]) -> None:
    s = vehicle(scene)
    t = passing(s, 1, [0.4 * (n % 2) for n in range(40)])
    assert s.confirmed() == []
    drive(s, range(5, 60, 5), t)
    assert s.stages() == ["opened", "dropped"]


def test_what_two_steps_show_and_no_more_is_dropped(scene: type[Scene]) -> None:
    s = vehicle(scene)
    t = passing(s, 1, (0, 4.1))
    drive(s, range(8, 60, 4), t)
    assert s.stages() == ["opened", "dropped"]
    assert s.rule.idle


def test_flicker_over_the_whole_way_is_never_one_thing(scene: type[Scene]) -> None:
    """Another track each time, elsewhere in the picture: every twelve metres of a kilometre."""
    s = vehicle(scene)
    for n in range(250):
        box = (0.1 + 0.003 * n % 0.7, 0.5, 0.15 + 0.003 * n % 0.7, 0.55)
        seen = [(BIN, box, 0.9)] if n % 3 == 0 else []
        s.look(n / 2, seen, track=n, load="other", pose=car(4.1 * n))
    assert s.confirmed() == []


def test_a_car_that_is_fast_for_its_looks_goes_several_steps_between_them(
    scene: type[Scene],
) -> None:
    """Three looks along 60 metres are not three of five steps of 4 metres."""
    s = vehicle(scene)
    t = passing(s, 1, (0, 30, 60))
    drive(s, range(90, 300, 30), t)
    assert s.confirmed() == []
    near = vehicle(scene)
    passing(near, 1, (0, 8.1, 16.2))
    assert len(near.confirmed()) == 1, "first, third and fifth"


def test_the_step_that_is_told_is_no_shorter_than_the_pose_s_error(scene: type[Scene]) -> None:
    s = vehicle(scene)
    passing(s, 1, range(0, 30, 3), off=6.5)
    (event,) = s.confirmed()
    assert event.episode.why[0].data["step_m"] == 6.5


def test_a_place_is_reported_once_however_often_it_is_passed(scene: type[Scene]) -> None:
    s, t = vehicle(scene), 0.0
    for lap in range(4):
        t = passing(s, 10 * lap, range(0, 30, 3), t)
        t = drive(s, range(30, 300, 10), t)
    (event,) = s.confirmed()
    t = passing(s, 99, range(400, 430, 3), t)
    assert len(s.confirmed()) == 2
    assert event.episode.id in {e.id for e in s.rule.episodes}


def test_two_things_at_one_place_are_one_case(scene: type[Scene]) -> None:
    """A carried camera cannot tell places within its viewing distance apart."""
    s = vehicle(scene)
    for n in range(6):
        boxes = [(BIN, (0.1, 0.5, 0.2, 0.6), 0.9), (BIN, (0.7, 0.5, 0.8, 0.6), 0.9)]
        s.look(n / 2, boxes, track=[1, 2], load="other", pose=car(4.1 * n))
    (event,) = s.confirmed()
    assert event.episode.objects == 2


def test_without_a_place_nothing_is_found_while_driving(scene: type[Scene]) -> None:
    s = vehicle(scene)
    for n in range(12):
        box = (0.05 * n, 0.5, 0.05 * n + 0.04, 0.54)
        s.look(n / 2, [(BIN, box, 0.9)], track=1, load="other", pose=None)
    assert s.confirmed() == []


def test_a_gap_in_the_telemetry_loses_only_what_was_seen_in_it(scene: type[Scene]) -> None:
    s = vehicle(scene)
    t = passing(s, 1, (0, 4.1))
    s.look(t, [(BIN, (0.56, 0.5, 0.6, 0.54), 0.9)], track=1, load="other", pose=None)
    passing(s, 1, (8.2, 12.3), t + 0.5)
    (event,) = s.confirmed()
    assert event.episode.where is not None


def test_a_restart_goes_on_with_the_way(scene: type[Scene], tmp_path: Path) -> None:
    before, after = vehicle(scene), vehicle(scene)
    t = passing(before, 1, (0, 4.1))
    after.rule.recall(before.rule.remember())
    assert after.rule.remember() == before.rule.remember()
    passing(after, 1, (8.2, 12.3), t)
    assert [e.episode.stage for e in after.confirmed()] == ["confirmed"]


def test_a_look_of_an_earlier_version_has_the_course_too(scene: type[Scene]) -> None:
    s = vehicle(scene)
    passing(s, 1, range(0, 15, 3))
    shown = s.confirmed()[0]
    row = as_row(shown.frame, shown.detections)
    frame, _ = from_row(row | {"pose": row["pose"] | {"course": 90.0}}, "cam")
    assert frame.pose == shown.frame.pose


def above(east: float, north: float = 0.0, **changed: float) -> DronePose:
    lon, lat = PLANE.degrees(east, north)
    return replace(
        DronePose(lon=lon, lat=lat, altitude_m=40.0, yaw=0.0, pitch=-60.0, fov=70.0,
                  width=100, height=100),
        **changed,
    )  # fmt: skip


def boxes(
    pose: DronePose, true: tuple[float, float], things: Iterable[tuple[float, float]]
) -> list[Box]:
    """What the renderer's camera shows of things on the ground, of half a metre each."""
    camera = camera_of((*true, 40.0), pose.yaw, pose.pitch, fov=70.0, size=(100, 100))
    found = list[Box]()
    for east, north in things:
        corners = [(east + e, north, z) for e in (-0.5, 0.5) for z in (0.0, 1.0)]
        shown, _ = camera.project(np.array(corners))
        (x1, y1), (x2, y2) = shown.min(0) / 100, shown.max(0) / 100
        if x1 > 0 and x2 < 1 and y1 > 0 and y2 < 1:
            found.append((float(x1), float(y1), float(x2), float(y2)))
    return found


@pytest.fixture
def survey(scene: type[Scene]) -> Callable[..., Scene]:
    def flown(
        things: list[tuple[float, float]],
        *,
        off: tuple[float, float],
        laps: int = 1,
        **parts: object,
    ) -> Scene:
        s = scene("overflowing_bin", fps=2, camera={"type": "drone"}, **(SETTINGS | parts))
        t = 0.0
        for lap in range(laps):
            for east in range(-60, 61, 2)[:: 1 if lap % 2 == 0 else -1]:
                pose = above(east + off[0], off[1])
                seen = [(BIN, box, 0.9) for box in boxes(pose, (east, 0.0), things)]
                s.look(t, seen, pose=pose)
                t += 0.5
        return s

    return flown


def test_a_drone_finds_each_thing_once_inside_its_ellipse(survey: Callable[..., Scene]) -> None:
    """Strips over things 12 m apart, by poses that are off by what they say they may be."""
    rng, inside, found = np.random.default_rng(6), list[bool](), 0
    things = [(float(e), float(rng.uniform(15, 30))) for e in range(-36, 37, 12)]
    for _ in range(4):
        off = rng.normal(0, 2.0, 2)
        s = survey(things, off=(float(off[0]), float(off[1])), laps=2)
        places = [e.episode.where for e in s.confirmed()]
        found += len(places)
        for where in places:
            there = PLANE.metres(where.lon, where.lat)
            near = min(things, key=lambda thing: np.hypot(thing[0] - there[0], thing[1] - there[1]))
            inside.append(where.ellipse.covers(near[0] - there[0], near[1] - there[1]))
    print(f"drone survey: {found} of {4 * len(things)} found, {np.mean(inside):.3f} inside")
    assert found == 4 * len(things)
    assert np.mean(inside) >= 0.95


def test_a_drone_that_comes_back_sees_what_is_gone(survey: Callable[..., Scene]) -> None:
    s = survey([(0.0, 20.0)], off=(0.0, 0.0))
    assert s.stages() == ["opened", "confirmed"]
    for n in range(20):
        s.look(100 + n / 2, [], pose=above(-10 + n))
    assert s.stages()[-1] == "cleared"

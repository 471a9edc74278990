"""Poses of what moves, from telemetry that comes late, stops, jumps, lies and is started again."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from tests.vision.flights import camera_of
from vision.geo import DronePose, LocalPlane, NoGround, PoseDeviations
from vision.site.carried import Carried
from vision.site.flight import Flight
from vision.sources.carried import Carrying
from vision.sources.live_poses import OLDEST_S, LivePoses
from vision.sources.sample import Sample
from vision.sources.telemetry import Flying

TOWN = LocalPlane(113.38, 31.71)
FOV, SIZE = 70.0, (1920, 1080)
SD = PoseDeviations()


def way(rng: np.random.Generator) -> Callable[[float], tuple[float, float, float]]:
    """East, north and heading of a way that bends, at any second, up to 15 m/s."""
    radius, speed = rng.uniform(40, 200) * rng.choice((-1, 1)), rng.uniform(0, 15)
    start = rng.uniform(0, 2 * math.pi)

    def at(t: float) -> tuple[float, float, float]:
        angle = start + speed / radius * t
        heading = 90 - math.degrees(angle + math.copysign(math.pi / 2, radius))
        turned = abs(radius)
        return turned * math.cos(angle), turned * math.sin(angle), heading

    return at


def test_places_by_a_live_drone_are_inside_their_error() -> None:
    """The renderer's camera is the truth; telemetry is off, 5 a second, and up to 2 s old."""
    rng, inside = np.random.default_rng(3), list[bool]()
    while len(inside) < 400:
        at, poses = way(rng), LivePoses(Flying(Flight(fov=FOV)), lag=0.2)
        height, pitch = float(rng.uniform(40, 120)), float(rng.uniform(-90, -35))
        off = rng.normal(0, SD.position_m, 2)
        high = rng.normal(0, math.hypot(SD.altitude_m, SD.terrain_m))
        yaw_off, pitch_off = rng.normal(0, SD.yaw), rng.normal(0, SD.pitch)
        for t in np.arange(0, 4, 0.2).tolist():
            east, north, heading = at(t)
            lon, lat = TOWN.degrees(east + off[0], north + off[1])
            poses.tell(
                Sample(at=t, lon=lon, lat=lat, digits=7, height_m=height + high,
                       yaw=heading + yaw_off, pitch=pitch + pitch_off, roll=0.0)
            )  # fmt: skip
        now = float(rng.uniform(2.0, 3.8 + 2.0))
        pose = poses.pose(now, *SIZE)
        assert isinstance(pose, DronePose)
        shown = now + rng.normal(0, 0.2)
        east, north, heading = at(shown)
        camera = camera_of((east, north, height), heading, pitch, fov=FOV, size=SIZE,
                           level=float(rng.normal(0, SD.roll)))  # fmt: skip
        u, v = rng.uniform(0.1, 0.9, 2).tolist()
        truth = camera.ground_at(u * SIZE[0], v * SIZE[1])
        try:
            place = pose.position(u, v)
        except NoGround:
            continue
        assert truth is not None
        assert place.ellipse is not None
        there = TOWN.metres(place.lon, place.lat)
        inside.append(place.ellipse.covers(truth[0] - there[0], truth[1] - there[1]))
    print(f"live drone: {np.mean(inside):.3f} of {len(inside)} places inside their ellipse")
    assert np.mean(inside) >= 0.95


def driven(poses: LivePoses, times: list[float], speed: float = 10.0, **changed: float) -> None:
    for t in times:
        lon, lat = TOWN.degrees(speed * t, 0)
        poses.tell(replace(Sample(at=t, lon=lon, lat=lat, error_m=2.0), **changed))


def carrying() -> LivePoses:
    return LivePoses(Carrying(Carried()), lag=0.2)


def test_an_old_pose_is_unsure_by_how_far_it_may_have_gone_and_then_none() -> None:
    poses = carrying()
    driven(poses, [0.0, 1.0, 2.0])
    fresh, old = poses.pose(2.0, *SIZE), poses.pose(4.0, *SIZE)
    assert fresh is not None
    assert old is not None
    assert fresh.position_m == pytest.approx(math.hypot(2, 10 * math.hypot(0.2, 1 / 3**0.5)), 0.01)
    assert old.position_m == pytest.approx(math.hypot(2, 10 * math.hypot(2, 0.2, 1 / 3**0.5)), 0.01)
    assert poses.pose(2.0 + OLDEST_S + 0.01, *SIZE) is None


def test_from_one_sample_no_pace_is_told_and_so_no_pose() -> None:
    poses = carrying()
    driven(poses, [0.0])
    assert poses.pose(0.0, *SIZE) is None
    driven(poses, [0.4])
    assert poses.pose(0.4, *SIZE) is None
    driven(poses, [1.0])
    assert poses.pose(1.0, *SIZE) is not None


@pytest.mark.parametrize(
    "lie",
    [
        {"lon": math.nan}, {"lat": math.inf}, {"lat": 91.0}, {"lon": -181.0}, {"at": math.nan},
        {"lon": 0.0, "lat": 0.0},
    ],
)  # fmt: skip
def test_what_is_no_place_changes_nothing(lie: dict[str, float]) -> None:
    poses = carrying()
    driven(poses, [0.0, 1.0, 2.0])
    before = poses.pose(2.0, *SIZE)
    driven(poses, [2.1], **lie)
    assert poses.pose(2.0, *SIZE) == before


def test_around_a_leap_there_is_no_pose_until_it_is_plain_where_it_is() -> None:
    poses = carrying()
    driven(poses, [0.0, 0.5, 1.0, 1.5, 2.0, 2.5])
    for n in range(8):
        lon, lat = TOWN.degrees(5000 + 5 * n, 0)
        poses.tell(Sample(at=3 + n / 2, lon=lon, lat=lat, error_m=2.0))
        pose = poses.pose(3 + n / 2, *SIZE)
        if n < 2:
            assert pose is None or TOWN.metres(pose.lon, pose.lat)[0] < 20
    assert TOWN.metres(pose.lon, pose.lat)[0] == pytest.approx(5035, abs=1)


def test_a_sender_that_is_started_again_begins_anew() -> None:
    poses = carrying()
    driven(poses, [100.0, 101.0, 102.0])
    driven(poses, [0.0])
    assert poses.pose(102.0, *SIZE) is None
    driven(poses, [1.0, 2.0])
    pose = poses.pose(2.0, *SIZE)
    assert pose is not None
    assert TOWN.metres(pose.lon, pose.lat)[0] == pytest.approx(20, abs=0.1)


def test_why_nothing_can_be_placed_is_said_when_all_of_it_lacks_the_same() -> None:
    poses = LivePoses(Flying(Flight()), lag=0.2)
    for t in range(3):
        poses.tell(Sample(at=t, lon=113.0, lat=31.0, height_m=50, yaw=0, pitch=-60))
    assert "state fov" in poses.lacks
    poses.tell(Sample(at=4, lon=113.0, lat=31.0, height_m=50, yaw=0, pitch=-60, fov=60))
    assert poses.lacks == ""

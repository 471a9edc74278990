"""From what a drone wrote to the pose of a picture, between its texts."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import hypot, nan, sqrt

import numpy as np
import pytest

from vision.geo import DronePose, LocalPlane, PoseDeviations
from vision.site.flight import Flight
from vision.sources.telemetry import Sample, Track, pose_of

HOVER = Sample(lon=113.38, lat=31.71, height_m=60.0, yaw=10.0, pitch=-60.0, roll=0.0, focal_mm=24.0)
SIZE = (1920, 1080)
PLANE = LocalPlane(113.38, 31.71)
PLAIN = Flight()


def pose(sample: Sample, flight: Flight = PLAIN, size: tuple[int, int] = SIZE) -> DronePose:
    made = pose_of(sample, flight, *size)
    assert made is not None
    return made


def track(*samples: Sample, flight: Flight = PLAIN) -> Track:
    return Track(samples, flight)


def at(made: Track, seconds: float) -> DronePose:
    found = made.pose(seconds, *SIZE)
    assert found is not None
    return found


def test_a_sample_is_a_pose() -> None:
    made = pose(HOVER)
    assert (made.lon, made.lat, made.altitude_m) == (113.38, 31.71, 60.0)
    assert (made.yaw, made.pitch, made.roll) == (10.0, -60.0, 0.0)
    assert (made.width, made.height) == SIZE


@pytest.mark.parametrize(
    ("size", "fov"),
    # 84 degrees across the diagonal with 24 mm, as DJI's data sheets say: 71.5 across 4:3, which
    # is as wide as 16:9 of the same sensor; 73.7 across 3:2.
    [((4000, 3000), 71.5), ((3840, 2160), 71.5), ((5472, 3648), 73.7)],
)
def test_the_field_of_view_follows_from_the_focal_length(size: tuple[int, int], fov: float) -> None:
    made = pose(HOVER, size=size)
    assert made.fov == pytest.approx(fov, abs=0.1)
    assert made.deviations.fov == pytest.approx(1.09, abs=0.02)


def test_digital_zoom_narrows_it() -> None:
    wide, near = pose(HOVER), pose(replace(HOVER, zoom=2.0))
    ratio = np.tan(np.radians(wide.fov / 2)) / np.tan(np.radians(near.fov / 2))
    assert ratio == pytest.approx(2.0)


def test_the_site_s_field_of_view_goes_before() -> None:
    made = pose(replace(HOVER, focal_mm=nan), Flight(fov=60.0))
    assert (made.fov, made.deviations.fov) == (60.0, 0.0)


def test_the_site_s_terrain_and_deviations_are_taken_on() -> None:
    deviations = PoseDeviations(position_m=0.03, yaw=0.3)
    made = pose(HOVER, Flight(terrain_m=12.0, deviations=deviations))
    assert made.terrain_m == 12.0
    assert made.deviations.yaw == 0.3
    assert made.deviations.position_m == pytest.approx(hypot(0.03, 0.111 / sqrt(12)), abs=1e-3)


def test_ground_that_is_not_below_the_drone_is_told_of() -> None:
    for terrain in (60.0, 400.0):  # on it; and above the sea, not above the take-off point
        flight = Flight(terrain_m=terrain)
        assert pose_of(HOVER, flight, *SIZE) is None
        assert f"terrain_m is {terrain:g}; state it above the take-off" in HOVER.lacks(flight)
        assert len(track(HOVER, flight=flight)) == 0


def test_coarse_coordinates_are_told_of() -> None:
    coarse = pose(replace(HOVER, digits=4)).deviations.position_m
    assert coarse == pytest.approx(hypot(2.0, 11.1 / sqrt(12)), abs=0.01)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"lat": nan}, "no position"),
        ({"lat": 0.0, "lon": 0.0}, "no position"),
        ({"lat": 0.608553, "lon": -1.963763}, "no position"),  # radians
        ({"lat": 89.0}, "no position"),
        ({"lon": 181.0}, "no position"),
        ({"height_m": nan}, "no height"),
        ({"yaw": nan}, "no gimbal angles"),
        ({"pitch": nan}, "no gimbal angles"),
        ({"focal_mm": nan}, "no focal length"),
        ({"focal_mm": 0.0}, "no focal length"),
        ({"focal_mm": 2.4}, "no focal length"),
        ({"zoom": 0.0}, "no focal length"),
        ({"zoom": 0.1}, "no focal length"),
    ],
)
def test_without_any_of_them_there_is_no_pose(change: dict[str, float], why: str) -> None:
    lacking = replace(HOVER, **change)
    assert lacking.lacks(PLAIN).startswith(why)
    assert pose_of(lacking, PLAIN, *SIZE) is None
    assert len(track(lacking)) == 0


def test_angles_that_the_site_states_stand_in_where_none_are_written() -> None:
    flight = Flight(yaw=90.0, pitch=-90.0)
    blind = replace(HOVER, yaw=nan, pitch=nan, roll=nan)
    assert (pose(blind, flight).yaw, pose(blind, flight).pitch) == (90.0, -90.0)
    assert pose(HOVER, flight).yaw == 10.0
    assert at(track(blind, replace(blind, at=1.0), flight=flight), 0.5).pitch == -90.0


def test_between_two_samples_everything_is_between() -> None:
    one = replace(HOVER, yaw=-170.0)
    other = replace(HOVER, at=1.0, lon=113.3805, height_m=70.0, yaw=170.0, pitch=-50.0)
    quarter = at(track(other, one), 0.25)
    assert quarter.lon == pytest.approx(113.380125)
    assert quarter.altitude_m == pytest.approx(62.5)
    assert quarter.pitch == pytest.approx(-57.5)
    assert quarter.yaw == pytest.approx(-175.0), "the shorter way round"
    assert at(track(one, other), 0.75).yaw == pytest.approx(175.0)


def test_the_date_line_is_no_flight_around_the_earth() -> None:
    crossing = track(replace(HOVER, lon=179.9999), replace(HOVER, at=1.0, lon=-179.9999))
    assert abs(at(crossing, 0.5).lon) == pytest.approx(180.0)
    assert at(crossing, 0.5).deviations.position_m < 20


def flying(*legs: tuple[float, float, float], per_second: int = 30) -> list[Sample]:
    """Legs of seconds, metres east at their beginning, and metres a second."""
    samples: list[Sample] = []
    for seconds, east, speed in legs:
        began = samples[-1].at + 1 / per_second if samples else 0.0
        samples += [
            replace(HOVER, at=began + t, lon=PLANE.degrees(east + speed * t, 0)[0])
            for t in (np.arange(round(seconds * per_second)) / per_second).tolist()
        ]
    return samples


@pytest.mark.parametrize("per_second", [1, 5, 30])
def test_a_leap_that_no_drone_can_fly_leaves_no_pose_around_it(per_second: int) -> None:
    made = track(*flying((6, 0, 10), (6, 700, 10), per_second=per_second))
    for seconds in np.arange(5.6, 6.5, 0.1).tolist():
        assert made.pose(seconds, *SIZE) is None
    for seconds, east in ((3.0, 30), (9.0, 730)):
        assert PLANE.metres(at(made, seconds).lon, 31.71)[0] == pytest.approx(east, abs=0.5)


def test_one_wild_text_moves_nothing() -> None:
    for wild in ({"lon": 113.39}, {"lat": 31.72}, {"height_m": 500.0}):
        texts = flying((8, 0, 10))
        texts[120] = replace(texts[120], **wild)
        made = track(*texts)
        for seconds in np.arange(0, 8, 0.05).tolist():
            found = made.pose(seconds, *SIZE)
            assert found is None or found.altitude_m == 60.0
            assert found is None or PLANE.metres(found.lon, found.lat)[1] == pytest.approx(0)
        assert made.pose(4.0, *SIZE) is None
        assert made.pose(2.5, *SIZE) is not None


def test_two_flights_laid_into_each_other_leave_nothing() -> None:
    here, there = flying((6, 0, 10)), flying((6, 700, 10))
    shifted = [replace(s, at=s.at + 0.01) for s in there]
    assert len(track(*here, *shifted)) == 0


def test_a_pace_that_none_can_keep_up_is_no_flight() -> None:
    assert len(track(*flying((4, 0, 300)))) == 0, "10 m from one text to the next"
    assert len(track(*flying((4, 0, 39)))) == 120, "DJI's fastest"


def test_digits_and_steps_explain_a_leap() -> None:
    coarse = [replace(s, lon=round(s.lon, 3), digits=3) for s in flying((6, 0, 20))]
    assert len(track(*coarse)) == 180, "95 m from one text to the next, and no leap"
    texts = flying((6, 0, 20))
    held = [replace(s, lon=texts[n // 15 * 15].lon) for n, s in enumerate(texts)]
    assert len(track(*held)) == 180, "a position twice a second"


@pytest.mark.parametrize(
    ("seconds", "known"),
    [(-0.6, False), (-0.4, True), (0.0, True), (1.5, True), (2.0, True), (2.4, True), (2.6, False),
     (5.4, False), (5.6, True), (6.0, True), (6.4, True), (6.6, False)],
)  # fmt: skip
def test_nothing_is_told_far_from_any_sample(seconds: float, known: bool) -> None:
    made = track(*(replace(HOVER, at=t) for t in (0.0, 1.0, 2.0, 6.0)))
    assert (made.pose(seconds, *SIZE) is not None) is known


def test_no_telemetry_no_pose() -> None:
    assert track().pose(0.0, *SIZE) is None
    assert at(track(HOVER), 0.3).lon == 113.38


def moving(speed: float = 0.0, turning: float = 0.0, climb: float = 0.0) -> Track:
    """Four seconds, 30 texts a second."""
    return track(
        *(
            replace(
                HOVER,
                at=n / 30,
                lon=PLANE.degrees(speed * n / 30, 0)[0],
                yaw=turning * n / 30,
                height_m=60 + climb * n / 30,
            )
            for n in range(120)
        )
    )


def test_who_hovers_is_where_it_says() -> None:
    deviations = at(moving(), 2.0).deviations
    assert deviations.position_m == pytest.approx(2.0, abs=0.01)
    assert (deviations.yaw, deviations.altitude_m) == (2.0, 1.5)


def test_who_moves_is_where_it_was_a_fifth_of_a_second_ago() -> None:
    assert at(moving(speed=15.0), 2.0).deviations.position_m == pytest.approx(hypot(2, 3), abs=0.05)
    assert at(moving(turning=30.0), 2.0).deviations.yaw == pytest.approx(hypot(2, 6), abs=0.05)
    climbing = at(moving(climb=5.0), 2.0).deviations
    assert climbing.altitude_m == pytest.approx(hypot(1.5, 1), abs=0.05)


@pytest.mark.parametrize("what", ["speed", "turning"])
def test_the_faster_the_larger_the_ellipse(what: str) -> None:
    sizes = []
    for pace in (0.0, 5.0, 10.0, 20.0):
        position = at(moving(**{what: pace}), 2.0).position(0.8, 0.3)
        sizes.append(position.accuracy_m or 0.0)
    assert all(slower + 0.1 < faster for slower, faster in pairwise(sizes))


def test_positions_that_come_in_steps_are_a_pace_all_the_same() -> None:
    """15 m/s, 30 texts a second, a new position five times a second."""
    steps = [
        replace(HOVER, at=n / 30, lon=PLANE.degrees(15 * (n // 6 * 6) / 30, 0)[0])
        for n in range(120)
    ]
    for seconds in np.linspace(1, 3, 25).tolist():
        assert 2.9 < at(track(*steps), seconds).deviations.position_m < 4.6


def test_beyond_the_last_sample_it_may_have_gone_on() -> None:
    made = moving(speed=10.0)
    last = 119 / 30
    assert at(made, last + 0.4).deviations.position_m > at(made, last).deviations.position_m + 1

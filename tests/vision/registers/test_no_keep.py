"""Areas on the map of which nothing is kept: what touches them, and how they lie in pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from tests.vision.flights import camera_of
from vision.geo import CarriedPose, DronePose, Ellipse, Ground, LocalPlane, Position
from vision.registers.no_keep import NoKeep, NoKeepAreas

PLANE = LocalPlane(113.38, 31.71)
SIZE = (1920, 1080)
POSE = DronePose(lon=113.38, lat=31.71, altitude_m=60.0, yaw=0.0, pitch=-60.0, fov=70.0,
                 width=1920, height=1080)  # fmt: skip


def area(west: float, south: float, east: float, north: float) -> NoKeepAreas:
    corners = ((west, south), (east, south), (east, north), (west, north))
    ring = tuple(PLANE.degrees(*corner) for corner in corners)
    return NoKeepAreas([NoKeep(name="school", polygon_wgs84=ring)])


def at(east: float, north: float, ellipse: Ellipse) -> Position:
    lon, lat = PLANE.degrees(east, north)
    return Position(lon, lat, "WGS84", ellipse.major_m, "drone_pose", ellipse)


@pytest.mark.parametrize(
    ("east", "north", "ellipse", "touches"),
    [
        (5, 5, Ellipse(0.1, 0.1, 0), True),
        (14, 5, Ellipse(3, 3, 0), False),
        (14, 5, Ellipse(5, 5, 0), True),
        (14, 5, Ellipse(5, 1, 90), True),
        (14, 5, Ellipse(5, 1, 0), False),  # it is unsure to the north, and the area lies west
        (14, 14, Ellipse(8, 0.5, 45), True),
        (14, 14, Ellipse(8, 0.5, 135), False),
        (14, 5, Ellipse(3, 0, 0), False),
    ],
)
def test_a_place_touches_with_its_ellipse(
    east: float, north: float, ellipse: Ellipse, touches: bool
) -> None:
    assert area(0, 0, 10, 10).touched_by(at(east, north, ellipse)) is touches


def test_a_place_without_an_error_lies_where_it_is() -> None:
    (lon, lat), (west, south) = PLANE.degrees(5, 5), PLANE.degrees(-1, 5)
    school = area(0, 0, 10, 10)
    assert school.touched_by(Position(lon, lat, "WGS84", 0.0, "homography"))
    assert not school.touched_by(Position(west, south, "WGS84", 0.0, "homography"))


def test_the_place_s_own_system_is_minded() -> None:
    inside = at(5, 5, Ellipse(1, 1, 0))
    assert area(0, 0, 10, 10).touched_by(inside.to("GCJ02"))
    shifted = replace(inside, crs="GCJ02")
    assert not area(0, 0, 10, 10).touched_by(shifted), "half a kilometre from there"


def test_an_area_is_covered_in_the_picture_wherever_the_pose_may_truly_be() -> None:
    """Of the renderer's camera, off by what the pose says: corners and middle are painted out."""
    rng, hidden, shown = np.random.default_rng(4), 0, 0
    for _ in range(120):
        pose = replace(POSE, yaw=float(rng.uniform(-180, 180)), pitch=float(rng.uniform(-90, -55)))
        west, south = rng.uniform(-40, 30, 2).tolist()
        outlines = area(west, south, west + 12, south + 9).in_picture(pose, moves=True)
        assert outlines is not None
        sd = pose.deviations
        east, north = rng.normal(0, sd.position_m, 2).tolist()
        camera = camera_of(
            (east, north, 60 + float(rng.normal(0, np.hypot(sd.altitude_m, sd.terrain_m)))),
            pose.yaw + float(rng.normal(0, sd.yaw)), pose.pitch + float(rng.normal(0, sd.pitch)),
            fov=70.0, size=SIZE, level=float(rng.normal(0, sd.roll)),
        )  # fmt: skip
        grid = [(west + 12 * x, south + 9 * y, 0.0) for x in (0, 0.5, 1) for y in (0, 0.5, 1)]
        points, _ = camera.project(np.array(grid))
        painted = shapely.union_all([shapely.Polygon(outline) for outline in outlines])
        for u, v in points / SIZE:
            if 0 < u < 1 and 0 < v < 1:
                shown += 1
                hidden += bool(painted.buffer(1e-6).covers(shapely.Point(u, v)))
    print(f"of {shown} points of areas in the picture {hidden} are painted out")
    assert shown > 200
    assert hidden / shown >= 0.95


def test_what_lies_elsewhere_costs_nothing_of_the_picture() -> None:
    for elsewhere in ((300, 300, 310, 310), (0, -90, 10, -60), (0, 5000, 900, 6000)):
        assert area(*elsewhere).in_picture(POSE, moves=True) == ()


def test_around_the_drone_all_is_painted_out() -> None:
    (outline,) = area(-500, -500, 500, 500).in_picture(POSE, moves=True) or ()
    assert shapely.Polygon(outline).area == pytest.approx(1)


def test_where_nobody_can_tell_the_picture_is_not_kept() -> None:
    near = area(5, 5, 15, 15)
    assert near.in_picture(None, moves=True) is None
    assert near.in_picture(None, moves=False) == (), "draw it as `privacy`, of a fixed camera"
    assert area(-20, 60, 20, 900).in_picture(replace(POSE, pitch=-10.0), moves=True) is None
    assert near.in_picture(replace(POSE, pitch=20.0), moves=True) is None


def test_a_carried_camera_near_an_area_keeps_no_picture() -> None:
    lon, lat = PLANE.degrees(40, 5)
    pose = CarriedPose(lon=lon, lat=lat, position_m=1.0, viewing_m=25.0)
    assert area(0, 0, 10, 10).in_picture(pose, moves=True) == ()
    assert area(0, 0, 13, 10).in_picture(pose, moves=True) is None


def test_a_fixed_camera_with_ground_paints_it_out_too() -> None:
    camera = camera_of((0, 0, 12), 0, -35, fov=70, size=SIZE)
    points = []
    for u, v in ((0.1, 0.9), (0.9, 0.9), (0.2, 0.4), (0.8, 0.4), (0.5, 0.6), (0.5, 0.85)):
        there = camera.ground_at(u * SIZE[0], v * SIZE[1])
        assert there is not None
        points.append((u, v, *PLANE.degrees(*there)))
    ground = Ground.fit(points)
    (outline,) = area(-2, 14, 2, 18).in_picture(ground, moves=False) or ()
    middle, _ = camera.project(np.array([(0.0, 16.0, 0.0)]))
    assert shapely.Polygon(outline).covers(shapely.Point(middle[0] / SIZE))
    assert area(-2, -60, 2, -50).in_picture(ground, moves=False) == ()

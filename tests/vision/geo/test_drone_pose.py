"""A drone's pose against the renderer's own camera, and its stated error against the truth."""

from __future__ import annotations

from dataclasses import replace
from math import hypot, inf, nan, radians, sqrt

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from datasets.renderer.camera import Camera
from tests.vision.flights import camera_of
from vision.geo import DronePose, NoGround, PlaceError, PoseDeviations

SIZE = {"fov": 70.0, "width": 1920, "height": 1080}


@pytest.fixture(scope="module")
def above(town):
    """100 m up, straight down, the picture's top to the north."""
    return DronePose(lon=town.lon, lat=town.lat, altitude_m=100.0, yaw=0.0, pitch=-90.0, **SIZE)


def seen(town, pose, u, v):
    """Metres east and north of the town's origin of what a point of the picture shows."""
    position = pose.position(u, v)
    return town.metres(position.lon, position.lat)


def renderer_pose(town, camera):
    """DJI's words for the renderer's camera, which tilts down and turns left."""
    east, north, height = camera.position
    lon, lat = town.degrees(east, north)
    return DronePose(
        lon=lon,
        lat=lat,
        altitude_m=height,
        yaw=camera.yaw,
        pitch=-camera.pitch,
        roll=-camera.roll,
        fov=camera.fov,
        width=camera.width,
        height=camera.height,
    )


@pytest.mark.parametrize(
    ("yaw", "top", "right"),
    [(0, (0, 1), (1, 0)), (90, (1, 0), (0, -1)), (-180, (0, -1), (-1, 0))],
)
def test_straight_down_the_pictures_top_points_where_yaw_says(above, town, yaw, top, right):
    pose = replace(above, yaw=float(yaw))
    half_width = 100 * np.tan(radians(35))
    half_height = half_width * 1080 / 1920
    assert seen(town, pose, 0.5, 0.5) == pytest.approx((0, 0), abs=1e-6)
    assert seen(town, pose, 0.5, 0) == pytest.approx([half_height * t for t in top], abs=1e-6)
    assert seen(town, pose, 1, 0.5) == pytest.approx([half_width * r for r in right], abs=1e-6)


def test_45_degrees_down_the_middle_is_as_far_as_the_drone_is_high(above, town):
    pose = replace(above, pitch=-45.0, yaw=90.0)
    assert seen(town, pose, 0.5, 0.5) == pytest.approx((100, 0), abs=1e-6)


def test_positive_roll_dips_the_right_side(above, town):
    level = replace(above, pitch=-45.0)
    assert seen(town, replace(level, roll=5.0), 1, 0.5)[1] < seen(town, level, 1, 0.5)[1]


@given(
    st.tuples(st.floats(-180, 180), st.floats(20, 90)),
    st.floats(-10, 10),
    st.floats(20, 300),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_a_known_place_comes_back_through_the_renderer(town, aim, roll, height, spot):
    camera = Camera((5.0, -8.0, height), *aim, 70.0, 1920, 1080, roll)
    place = camera.ground_at(spot[0] * 1920, spot[1] * 1080)
    assume(place is not None and hypot(place[0] - 5, place[1] + 8) < 8 * height)
    pixels, _ = camera.project(np.array([[*place, 0.0]]))
    u, v = (pixels[0] / (1920, 1080)).tolist()
    # Two local planes with origins metres apart agree to a few hundred-thousandths.
    assert seen(town, renderer_pose(town, camera), u, v) == pytest.approx(place, abs=0.05)


def test_altitude_above_the_sea_needs_the_grounds_height(above, town):
    high = replace(above, altitude_m=186.5, terrain_m=86.5, pitch=-40.0)
    low = replace(above, pitch=-40.0)
    assert seen(town, high, 0.3, 0.7) == pytest.approx(seen(town, low, 0.3, 0.7), abs=1e-6)


def test_straight_down_the_error_is_what_a_pencil_says(above):
    position = above.position(0.5, 0.5)
    tilt, spot = 100 * radians(0.5), 0.004 * 2 * 100 * np.tan(radians(35))
    across = 2.0**2 + tilt**2 + spot**2
    along = 2.0**2 + tilt**2 + (spot * 1080 / 1920) ** 2
    assert position.accuracy_m == pytest.approx(sqrt(5.991 * 1.1 * across))
    assert position.ellipse.minor_m == pytest.approx(sqrt(5.991 * 1.1 * along))
    assert position.ellipse.bearing == pytest.approx(90)
    assert (position.crs, position.method) == ("WGS84", "drone_pose")


def test_an_oblique_view_is_least_sure_along_the_view(above):
    pose = replace(above, pitch=-15.0, yaw=60.0, deviations=PoseDeviations(yaw=0.5))
    ellipse = pose.position(0.5, 0.5).ellipse
    assert ellipse.bearing == pytest.approx(60, abs=0.1)
    assert ellipse.major_m > 3 * ellipse.minor_m


def test_a_perfect_pose_has_no_error(above):
    perfect = PoseDeviations(
        position_m=0, altitude_m=0, terrain_m=0, yaw=0, pitch=0, roll=0, picture=0
    )
    assert replace(above, deviations=perfect).position(0.2, 0.2).accuracy_m == 0


@given(
    st.floats(-80, -10),
    st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from(["position_m", "altitude_m", "terrain_m", "yaw", "pitch", "roll", "picture"]),
)
def test_more_doubt_never_makes_it_surer(above, pitch, u, v, what):
    pose = replace(above, pitch=pitch)
    doubt = replace(pose.deviations, **{what: getattr(pose.deviations, what) * 1.1})
    try:
        more = replace(pose, deviations=doubt).position(u, v)
    except NoGround:
        return
    assert more.accuracy_m >= pose.position(u, v).accuracy_m - 1e-9


@pytest.mark.parametrize(
    "deviations",
    [
        PoseDeviations(),
        PoseDeviations(
            position_m=0.03, altitude_m=0.05, terrain_m=0.3, yaw=0.3, pitch=0.1, roll=0.1
        ),
        PoseDeviations(position_m=5, altitude_m=5, terrain_m=3, yaw=5, pitch=1.5, roll=1.5),
        PoseDeviations(position_m=0.1, altitude_m=0.1, yaw=0.1, pitch=0.1, roll=0.1, fov=3.0),
    ],
    ids=["shipped", "survey", "poor", "unknown lens"],
)
def test_the_truth_lies_in_95_of_100_ellipses(town, deviations):
    rng = np.random.default_rng(5)
    inside = []
    while len(inside) < 1000:
        lon, lat = town.degrees(*rng.normal(0, deviations.position_m, 2).tolist())
        believed = DronePose(
            lon=lon,
            lat=lat,
            altitude_m=float(rng.uniform(40, 150)),
            yaw=float(rng.uniform(-180, 180)),
            pitch=-float(rng.uniform(20, 90)),
            roll=float(rng.uniform(-3, 3)),
            deviations=deviations,
            **SIZE,
        )
        u, v = rng.uniform(0, 1, 2).tolist()
        try:
            position = believed.position(u, v)
        except NoGround:
            continue
        truly = rng.normal((u, v), deviations.picture) * (1920, 1080)
        ground = true_camera(believed, rng).ground_at(*truly.tolist())
        assert ground is not None
        east, north = town.metres(position.lon, position.lat)
        inside.append(position.ellipse.covers(ground[0] - east, ground[1] - north))
    assert 0.95 <= np.mean(inside) <= 0.98


def true_camera(believed, rng):
    """A camera over the town's origin, off from what the drone believes by its deviations."""
    sd = believed.deviations
    height = believed.altitude_m + rng.normal(0, sd.altitude_m) + rng.normal(0, sd.terrain_m)
    yaw, level, pitch = rng.normal(0, (sd.yaw, sd.roll, sd.pitch)).tolist()
    return camera_of(
        (0.0, 0.0, height), believed.yaw + yaw, believed.pitch + pitch, believed.roll,
        fov=70.0 + rng.normal(0, sd.fov), level=level,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("pitch", "v"), [(0.0, 0.5), (10.0, 0.5), (-4.0, 0.5), (-15.0, 0.0)], ids=str
)
def test_a_level_ray_lands_nowhere(above, pitch, v):
    with pytest.raises(NoGround, match="below level"):
        replace(above, pitch=pitch).position(0.5, v)


def test_a_doubtful_tilt_needs_a_steeper_ray(above):
    pose = replace(above, pitch=-10.0)
    assert pose.position(0.5, 0.5).accuracy_m > 50
    with pytest.raises(NoGround, match="look further down"):
        replace(pose, deviations=PoseDeviations(pitch=2.0)).position(0.5, 0.5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"altitude_m": 80.0, "terrain_m": 86.5}, "the same zero"),
        ({"altitude_m": nan}, "the same zero"),
        ({"altitude_m": inf}, "no number"),
        ({"terrain_m": -inf}, "no number"),
        ({"yaw": nan}, "no number"),
        ({"fov": 180.0}, "field of view"),
        ({"width": 0}, "field of view"),
        ({"lat": 113.38}, "pole"),
    ],
)
def test_no_such_pose(above, change, message):
    with pytest.raises(PlaceError, match=message):
        replace(above, **change).position(0.5, 0.5)


@pytest.mark.parametrize("value", [-1.0, nan, inf])
def test_no_such_deviation(value):
    with pytest.raises(PlaceError, match=r"deviation yaw .* zero or more"):
        PoseDeviations(yaw=value)

"""The homography against the renderer's own camera."""

from __future__ import annotations

from math import hypot, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.renderer.camera import Camera
from vision.geo import Ground, LocalPlane, NoGround, PlaceError, convert

STREET = Camera((0.0, 0.0, 7.0), yaw=20.0, pitch=18.0, fov=70.0, width=1920, height=1080)
CORNERS = [(0.05, 0.95), (0.95, 0.95), (0.1, 0.3), (0.9, 0.3)]
SIX = [*CORNERS, (0.3, 0.6), (0.7, 0.45)]


def known(town, fractions, camera=STREET):
    """Calibration points: what the renderer shows at these fractions."""
    return [
        (u, v, *town.degrees(*camera.ground_at(u * camera.width, v * camera.height)))
        for u, v in fractions
    ]


def off(town, position, ground):
    """Metres between a position and the renderer's ground."""
    east, north = town.metres(position.lon, position.lat)
    return hypot(east - ground[0], north - ground[1])


@pytest.fixture(scope="module")
def street(town):
    return Ground.fit(known(town, SIX))


@given(st.floats(0, 1), st.floats(0.25, 1))
def test_exact_points_give_the_renderers_ground(street, town, u, v):
    position = street.position(u, v)
    assert off(town, position, STREET.ground_at(u * 1920, v * 1080)) < 0.01
    assert (position.crs, position.method) == ("WGS84", "homography")


@given(st.floats(0, 1), st.floats(0.25, 1))
def test_the_map_is_drawn_back_into_the_picture(street, u, v):
    position = street.position(u, v)
    assert street.picture(position.lon, position.lat) == pytest.approx((u, v), abs=1e-9)


def test_a_place_beside_the_picture_is_drawn_beside_it(street, town):
    pixels, _ = STREET.project(np.array([[-30.0, 20.0, 0.0]]))
    drawn = street.picture(*town.degrees(-30.0, 20.0))
    assert drawn == pytest.approx((pixels[0] / (1920, 1080)).tolist(), abs=1e-4)
    assert drawn[0] < 0


def test_a_place_behind_the_camera_is_not_in_the_picture(street, town):
    assert street.picture(*town.degrees(0.0, -20.0)) is None


def test_six_exact_points_measure_no_error(street):
    assert street.error_m == pytest.approx(0, abs=1e-3)


def test_a_point_measured_wrong_shows(town):
    points = known(town, SIX)
    u, v, lon, lat = points[-1]
    points[-1] = (u, v, *LocalPlane(lon, lat).degrees(0.0, 5.0))
    worse = Ground.fit(points)
    assert worse.error_m > 3
    assert worse.deviation_m > Ground.fit(known(town, SIX)).deviation_m


def test_four_points_cannot_measure_their_error(town):
    ground = Ground.fit(known(town, CORNERS))
    assert ground.error_m is None
    assert ground.deviation_m == pytest.approx(1.5)


def test_corners_and_their_middle_measure_the_middle_only(town, street):
    # Without a corner, the middle lies on the line through two others: that rest says nothing.
    crossing = street.picture(*crossing_of_diagonals(town))
    points = known(town, [*CORNERS, crossing])
    assert Ground.fit(points).error_m == pytest.approx(0, abs=1e-3)


def crossing_of_diagonals(town):
    a, b, c, d = (np.array(STREET.ground_at(u * 1920, v * 1080)) for u, v in CORNERS)
    share = np.linalg.solve(np.column_stack((d - a, b - c)), b - a)[0]
    return town.degrees(*(a + share * (d - a)).tolist())


def test_accuracy_falls_away_from_the_calibration_points(town):
    near = [(0.1, 0.95), (0.9, 0.95), (0.1, 0.45), (0.9, 0.45), (0.4, 0.6), (0.6, 0.75)]
    ground = Ground.fit(known(town, near))
    accuracies = [ground.position(0.5, v).accuracy_m for v in (0.75, 0.5, 0.4, 0.3)]
    assert accuracies == sorted(accuracies)
    assert accuracies[-1] > 3 * accuracies[0]


@pytest.mark.parametrize("v", [0.0, 0.05, 0.0875, 0.095, nan])
def test_no_ground_at_or_above_the_horizon(street, v):
    with pytest.raises(NoGround, match="horizon"):
        street.position(0.5, v)


def test_the_truth_lies_in_95_of_100_ellipses(town):
    rng = np.random.default_rng(11)
    inside = []
    for count in np.repeat([4, 5, 6, 8], 50).tolist():
        camera = Camera(
            (0.0, 0.0, float(rng.uniform(5, 10))), float(rng.uniform(-180, 180)), 22, 70, 1920, 1080
        )
        spots = [*CORNERS, *rng.uniform((0.1, 0.3), (0.9, 0.95), (count - 4, 2)).tolist()]
        points = []
        for u, v, lon, lat in known(town, spots, camera):
            clicked = rng.normal((u, v), 0.004)
            measured = LocalPlane(lon, lat).degrees(*rng.normal(0, 1.5, 2).tolist())
            points.append((*clicked.tolist(), *measured))
        ground = Ground.fit(points)
        for u, v in rng.uniform((0.05, 0.35), (0.95, 0.95), (5, 2)).tolist():
            east, north = camera.ground_at(u * 1920, v * 1080)
            position = ground.position(*rng.normal((u, v), 0.004).tolist())
            at_east, at_north = town.metres(position.lon, position.lat)
            inside.append(position.ellipse.covers(east - at_east, north - at_north))
    assert np.mean(inside) >= 0.95


def test_points_of_another_system_come_out_in_wgs_84(town, street):
    points = [(u, v, *convert(*p, "WGS84", "GCJ02")) for u, v, *p in known(town, SIX)]
    there, here = Ground.fit(points, "GCJ02").position(0.4, 0.5), street.position(0.4, 0.5)
    assert (there.lon, there.lat) == pytest.approx((here.lon, here.lat), abs=1e-8)


def test_a_horizon_through_the_pictures_corner_is_no_trouble(town):
    pitch = float(np.degrees(np.arctan(540 / STREET.focal)))
    camera = Camera((0.0, 0.0, 7.0), 20.0, pitch, 70.0, 1920, 1080)
    ground = Ground.fit(known(town, SIX, camera))
    assert off(town, ground.position(0.5, 0.7), camera.ground_at(960, 756)) < 0.01


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda p: p[:3], "at least four"),
        (lambda p: [*p[:3], p[0]], "points 1 and 4 are the same in the picture"),
        (lambda p: [*p[:3], (0.5, 0.5, *p[1][2:])], "points 2 and 4 are the same on the ground"),
        (lambda p: [*p[:3], (0.5, 0.5)], "point 4 has 2 numbers"),
        (lambda p: [*p[:3], (960, 540, *p[3][2:])], "point 4: u and v are fractions"),
        (lambda p: [*p[:3], (nan, 0.5, *p[3][2:])], "point 4: u and v are fractions"),
        (lambda p: [(u, v, lat, lon) for u, v, lon, lat in p], "point 1: longitude 31"),
        (lambda p: [(1 - u, v, lon, lat) for u, v, lon, lat in p], "mirror"),
        (
            lambda p: [p[0], p[1], (*p[2][:2], *p[3][2:]), (*p[3][:2], *p[2][2:])],
            "above the horizon",
        ),
    ],
    ids=[
        "too few",
        "one twice in the picture",
        "one twice on the ground",
        "no place",
        "pixels",
        "no number",
        "latitude first",
        "mirrored",
        "two crossed",
    ],
)
def test_points_that_fit_no_view_are_refused(town, spoil, message):
    with pytest.raises(PlaceError, match=message):
        Ground.fit(spoil(known(town, CORNERS)))


def test_points_on_a_line_are_refused(town):
    curb = [(0.2 + 0.1 * k, 0.9 - 0.1 * k) for k in range(5)]
    with pytest.raises(PlaceError, match="nearly on a line"):
        Ground.fit(known(town, curb))
    with pytest.raises(PlaceError, match="nearly on a line"):
        Ground.fit(known(town, [*curb, (0.9, 0.9)]))


def test_a_lamp_head_among_ground_points_is_refused(town):
    lamp = (0.5, 0.02, *town.degrees(25.0, 30.0))
    with pytest.raises(PlaceError, match="above the horizon that the others make"):
        Ground.fit([*known(town, CORNERS), lamp])

import numpy as np
import pytest

from datasets.renderer.camera import Camera


def test_target_is_in_the_middle():
    camera = Camera.looking_at((5, -3, 6), (-4, 12, 0.5), 60, 640, 360)
    pixels, depth = camera.project(np.array([(-4, 12, 0.5)]))
    assert pixels[0] == pytest.approx((320, 180))
    assert depth[0] == pytest.approx(np.linalg.norm((9, 15, 5.5)))


@pytest.mark.parametrize("pitch", [20.0, 55.0, 90.0])
def test_ground_at_inverts_project(pitch):
    camera = Camera((1, 2, 7), 30, pitch, 70, 640, 360, roll=4)
    point = camera.ground_at(300, 300)
    assert point is not None
    pixels, _ = camera.project(np.array([(*point, 0.0)]))
    assert pixels[0] == pytest.approx((300, 300))


def test_plane_homography_agrees_with_project():
    camera = Camera.looking_at((5, -3, 6), (-4, 12, 0.5), 60, 640, 360)
    matrix = camera.plane_homography(
        np.array((-6, 20, 0)), np.array((1, 0, 0)), np.array((0, -1, 0))
    )
    u, v, w = matrix @ (2.0, 3.0, 1.0)
    pixels, _ = camera.project(np.array([(-4.0, 17.0, 0.0)]))
    assert (u / w, v / w) == pytest.approx(tuple(pixels[0]))


def test_up_is_up_and_nadir_looks_north():
    camera = Camera((0, 0, 50), 0, 90, 60, 640, 360)
    pixels, _ = camera.project(np.array([(0, 10, 0), (10, 0, 0)]))
    assert pixels[0][1] < 180
    assert pixels[1][0] > 320


def test_margin_widens_the_view_without_zooming():
    plain = Camera((0, 0, 50), 0, 90, 60, 640, 360)
    wide = Camera((0, 0, 50), 0, 90, 60, 640, 360, margin=10)
    point = np.array([(5.0, 3.0, 0.0)])
    assert wide.project(point)[0] == pytest.approx(plain.project(point)[0] + 10)

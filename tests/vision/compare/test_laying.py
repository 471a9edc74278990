"""Laying one picture over another, and saying why not."""

from __future__ import annotations

import cv2
import numpy as np

from tests.vision.compare.roof_engine import ground
from vision.compare.laying import Laid, Unlaid, as_stated, features, lay

FIELD = ground(2)


def turned(angle: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    matrix = cv2.getRotationMatrix2D((600, 400), angle, scale)
    matrix[:, 2] += shift
    return np.vstack([matrix, [0, 0, 1]])


def test_a_turned_and_smaller_picture_is_laid_over_within_what_it_states() -> None:
    true = turned(25, 0.8, (-150, -100))
    later = cv2.warpPerspective(FIELD, true, (800, 600))
    found = lay(features(FIELD), features(later))
    assert isinstance(found, Laid)
    points = np.array([[[400.0, 300], [700, 300], [700, 500], [400, 500]]])
    missed = cv2.perspectiveTransform(points, found.matrix) - cv2.perspectiveTransform(points, true)
    assert np.abs(missed).max() < found.off


def test_another_place_is_refused_with_how_little_agrees() -> None:
    found = lay(features(FIELD), features(ground(3)))
    assert isinstance(found, Unlaid)
    assert found.code == "few_features"
    assert isinstance(lay(features(np.zeros((300, 300, 3), np.uint8)), features(FIELD)), Unlaid)


def test_what_agrees_in_one_corner_only_is_refused() -> None:
    other = ground(4)
    other[20:150, 20:200] = FIELD[20:150, 20:200]
    assert lay(features(FIELD), features(other)) == Unlaid("one_part")


def test_telemetry_that_says_otherwise_is_believed_within_its_error() -> None:
    seen = features(FIELD)
    near, far = np.eye(3), np.eye(3)
    near[0, 2], far[0, 2] = 60, 900
    assert isinstance(lay(seen, seen, near), Laid)
    assert lay(seen, seen, far) == Unlaid("contradicts_telemetry")


def test_pictures_of_one_map_grid_need_nothing_alike() -> None:
    found = as_stated(features(FIELD), features(ground(5, (600, 400))))
    assert (found.matches, found.off) == (0, 2)
    np.testing.assert_allclose(found.matrix, np.diag([0.5, 0.5, 1]))
    beside = as_stated(features(FIELD), features(np.roll(FIELD, (3, 5), (0, 1))))
    assert beside.matches > 100
    np.testing.assert_allclose(beside.matrix[:2, 2], (5, 3), atol=0.2)
    # Further beside than one grid's pictures lie: what was stated stands.
    aside = as_stated(features(FIELD), features(np.roll(FIELD, (0, 60), (0, 1))))
    np.testing.assert_allclose(aside.matrix, np.eye(3))

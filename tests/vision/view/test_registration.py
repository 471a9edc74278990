from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from vision.frames import Pixels
from vision.view.registration import Registration, moved


@pytest.fixture(scope="module")
def roofs(shared_data: Path) -> Pixels:
    """A real drone picture, larger than what one flight sees of it."""
    first = min((shared_data / "roofs_nacala" / "val" / "images").iterdir())
    picture = cv2.imread(str(first))
    assert picture is not None
    return cv2.resize(picture, (1280, 1280), interpolation=cv2.INTER_AREA)


def flown(
    ground: Pixels, *, at: tuple[float, float], turned: float, scale: float
) -> tuple[Pixels, np.ndarray]:
    """A picture of 640×384 from a flight, and the matrix from its pixels to the ground's."""
    spin = cv2.getRotationMatrix2D((320, 192), turned, scale)
    spin[:, 2] += np.array(at) - (320, 192)
    to_ground = np.vstack([spin, [0, 0, 1]])
    picture = cv2.warpPerspective(ground, np.linalg.inv(to_ground), (640, 384))
    noise = np.random.default_rng(0).normal(0, 4, picture.shape)
    return (picture + noise).clip(0, 255).astype(np.uint8), to_ground


@pytest.mark.parametrize(
    ("at", "turned", "scale"),
    [((640, 640), 0, 1), ((700, 600), 12, 1.0), ((600, 660), -35, 1.2), ((660, 600), 180, 0.85)],
)
def test_a_second_flight_is_laid_over_the_first(
    roofs: Pixels, at, turned: float, scale: float
) -> None:
    first, first_to_ground = flown(roofs, at=(640, 640), turned=0, scale=1)
    second, second_to_ground = flown(roofs, at=at, turned=turned, scale=scale)
    registration = Registration()
    assert np.array_equal(registration.to_reference(first), np.eye(3))
    matrix = registration.to_reference(second)
    assert matrix is not None
    size = np.diag([640.0, 384.0, 1.0])
    true = np.linalg.inv(size) @ np.linalg.inv(first_to_ground) @ second_to_ground @ size
    middle = np.array([[0.4, 0.4, 0.6, 0.6]])
    np.testing.assert_allclose(moved(middle, matrix), moved(middle, true), atol=0.006)


def test_another_place_is_not_taken_for_this_one(roofs: Pixels, shared_data: Path) -> None:
    registration = Registration()
    first, _ = flown(roofs, at=(640, 640), turned=0, scale=1)
    assert registration.to_reference(first) is not None
    other = cv2.imread(str(min((shared_data / "roofs_banepa" / "val" / "images").iterdir())))
    assert other is not None
    assert registration.to_reference(cv2.resize(other, (640, 384))) is None
    assert registration.to_reference(np.zeros((384, 640, 3), np.uint8)) is None


def test_the_reference_outlives_the_process(roofs: Pixels, tmp_path: Path) -> None:
    first, _ = flown(roofs, at=(640, 640), turned=0, scale=1)
    second, _ = flown(roofs, at=(660, 630), turned=5, scale=1)
    file = tmp_path / "memory" / "reference-drone.png"
    assert np.array_equal(Registration(file).to_reference(first), np.eye(3))
    matrix = Registration(file).to_reference(second)
    assert matrix is not None
    assert not np.allclose(matrix, np.eye(3), atol=0.01)


def test_a_picture_of_nothing_is_no_reference() -> None:
    registration = Registration()
    assert registration.to_reference(np.zeros((384, 640, 3), np.uint8)) is None

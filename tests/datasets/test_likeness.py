from collections.abc import Callable

import cv2
import numpy as np
import pytest

from datasets.likeness import Album, alike, groups, thumbnail

CHANGES = {
    "half the size": lambda p: cv2.resize(p, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    "stretched to a square": lambda p: cv2.resize(p, (160, 160)),
    "darker": lambda p: (p * 0.6).astype(np.uint8),
    "grey": lambda p: cv2.cvtColor(cv2.cvtColor(p, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR),
    "mirrored": lambda p: p[:, ::-1],
    "upside down": lambda p: p[::-1],
    "turned right": lambda p: np.rot90(p, -1),
    "turned left": np.rot90,
    "turned round and mirrored": lambda p: np.rot90(p, 2)[:, ::-1],
    "JPEG": lambda p: cv2.imdecode(
        cv2.imencode(".jpg", p, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], cv2.IMREAD_COLOR
    ),
}


def slanted(pixels: np.ndarray, across: float, down: float) -> np.ndarray:
    """As Roboflow does it: black where nothing was."""
    height, width = pixels.shape[:2]
    a, b = np.tan(np.radians((across, down)))
    warp = np.array([[1, a, -a * height / 2], [b, 1, -b * width / 2]])
    return cv2.warpAffine(pixels, warp, (width, height))


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_found(change: str, scene: Callable[..., np.ndarray]) -> None:
    pictures = [scene(seed, 320, 240) for seed in range(5)]
    album = Album([thumbnail(picture) for picture in pictures])
    for number, picture in enumerate(pictures):
        copy = thumbnail(np.ascontiguousarray(CHANGES[change](picture)))
        assert [found for found, _ in album.copies(copy)] == [number]


@pytest.mark.parametrize("degrees", [(5, 5), (-10, 4), (15, 15), (15, -15), (0, -9)])
def test_a_slanted_copy_in_another_light_is_found(
    degrees: tuple[float, float], scene: Callable[..., np.ndarray]
) -> None:
    pictures = [scene(seed, 320, 240) for seed in range(5)]
    album = Album([thumbnail(picture) for picture in pictures])
    for number, picture in enumerate(pictures):
        copy = slanted((picture * 0.7 + 20).astype(np.uint8), *degrees)
        assert [found for found, _ in album.copies(thumbnail(copy))] == [number]


def test_other_pictures_are_not_alike(scene: Callable[..., np.ndarray]) -> None:
    plain = [scene(seed) for seed in range(20)]
    corners = [slanted(scene(seed), 15, 15) for seed in range(20, 40)]
    flat = [np.full((20, 30, 3), grey, np.uint8) for grey in (0, 100, 255)]
    assert list(alike([thumbnail(picture) for picture in (*plain, *corners, *flat)])) == []
    assert list(alike([])) == []


def test_both_of_a_pair_find_each_other(scene: Callable[..., np.ndarray]) -> None:
    pictures = [scene(1), scene(2), slanted(scene(1), 12, 0)]
    assert set(alike([thumbnail(picture) for picture in pictures])) == {(0, 2)}


def test_groups_join_what_is_joined_through_others() -> None:
    assert groups(6, [(4, 1), (1, 0), (5, 3)]) == [[0, 1, 4], [2], [3, 5]]

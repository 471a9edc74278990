from collections.abc import Callable

import cv2
import numpy as np
import pytest

from datasets.likeness import NEAR, groups, likeness, near, stacked

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


def differing(one: np.ndarray, other: np.ndarray) -> int:
    (found,) = near(stacked([likeness(one)]), stacked([likeness(other)]), 64)
    return found[2]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_near(change: str, scene: Callable[..., np.ndarray]) -> None:
    for seed in range(5):
        picture = scene(seed, 320, 240)
        copy = np.ascontiguousarray(CHANGES[change](picture))
        assert differing(picture, copy) <= NEAR


def test_other_pictures_are_not_near(scene: Callable[..., np.ndarray]) -> None:
    hashes = stacked([likeness(scene(seed)) for seed in range(40)])
    assert [pair for pair in near(hashes, hashes) if pair[0] != pair[1]] == []


def test_near_finds_every_pair_over_many_rows(scene: Callable[..., np.ndarray]) -> None:
    some = stacked([likeness(scene(seed)) for seed in range(4)])
    many = np.tile(some, (300, 1))
    found = {(row, column) for row, column, _ in near(many, some)}
    assert found == {(row, row % 4) for row in range(1200)}
    assert list(near(stacked([]), some)) == []


def test_groups_join_what_is_joined_through_others() -> None:
    assert groups(6, [(4, 1), (1, 0), (5, 3)]) == [[0, 1, 4], [2], [3, 5]]

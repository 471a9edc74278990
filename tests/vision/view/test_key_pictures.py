"""A drone's pictures are laid over one of its own, and over another once they show other ground."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vision.frames import Pixels
from vision.view.key_pictures import KeyPictures


def ground(seed: int) -> Pixels:
    """Noise of several sizes: a lot to see, 900×600."""
    rng, picture = np.random.default_rng(seed), np.zeros((600, 900, 3), np.float32)
    for size in (8, 20, 60):
        few = rng.random((size, size * 3 // 2, 3)).astype(np.float32)
        picture += cv2.resize(few, (900, 600), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(picture * 80, 0, 255), np.uint8)


def test_what_stands_on_the_ground_stands_in_the_key_picture():
    keys, place = KeyPictures(), ground(1)
    for n in range(4):
        told = keys.lay(place[100:400, 40 * n : 40 * n + 480])
        assert told is not None
        assert told.over == 0
        u, v, w = told.to @ (0.5, 0.5, 1)
        assert (u / w, v / w) == pytest.approx((0.5 + 40 * n / 480, 0.5), abs=0.01)


def test_other_ground_is_laid_over_another_picture():
    keys = KeyPictures()
    shown = [ground(1)[:300, :480], ground(2)[:300, :480], ground(2)[20:320, :480]]
    told = [keys.lay(np.ascontiguousarray(picture)) for picture in shown]
    assert [t and t.over for t in told] == [0, 1, 1]


def test_where_there_is_nothing_to_see_nothing_is_told():
    assert KeyPictures().lay(np.full((300, 480, 3), 90, np.uint8)) is None

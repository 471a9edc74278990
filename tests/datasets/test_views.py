from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.importers import Box
from datasets.views import KEPT_SHARE, OVERLAP, View, tiles, turned

RED = (0, 0, 255)


@st.composite
def pictures(draw: st.DrawFn) -> tuple[View, tuple[int, int, int, int]]:
    """A black picture with a red rectangle that is its one box."""
    width, height = draw(st.integers(4, 90)), draw(st.integers(4, 90))
    x1 = draw(st.integers(0, width - 2))
    y1 = draw(st.integers(0, height - 2))
    x2, y2 = draw(st.integers(x1 + 1, width)), draw(st.integers(y1 + 1, height))
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[y1:y2, x1:x2] = RED
    box = Box("bin", x1 / width, y1 / height, x2 / width, y2 / height, "green")
    return View("p", pixels, (box,)), (x1, y1, x2, y2)


def corners(view: View, box: Box) -> tuple[int, int, int, int]:
    height, width = view.pixels.shape[:2]
    return tuple(  # type: ignore[return-value]
        round(v) for v in (box.x1 * width, box.y1 * height, box.x2 * width, box.y2 * height)
    )


def red(view: View) -> np.ndarray:
    return (view.pixels == RED).all(-1)


@settings(max_examples=40, deadline=None)
@given(pictures(), st.integers(0, 3))
def test_a_box_stays_on_its_pixels_when_turned(
    made: tuple[View, tuple[int, int, int, int]], quarters: int
) -> None:
    view, _ = made
    after = turned(view, quarters)
    (box,) = after.boxes
    x1, y1, x2, y2 = corners(after, box)
    expected = np.zeros(after.pixels.shape[:2], bool)
    expected[y1:y2, x1:x2] = True
    assert (red(after) == expected).all()
    assert (box.name, box.mark) == ("bin", "green")


def test_turns_are_clockwise_and_four_are_none() -> None:
    pixels = np.zeros((2, 3, 3), np.uint8)
    pixels[0, 0] = RED
    view = View("p", pixels, ())
    assert red(turned(view, 1))[0, 1]
    assert red(turned(view, 2))[1, 2]
    assert turned(view, 4) is view
    assert {turned(view, quarters).name for quarters in range(4)} == {"p", "p_1", "p_2", "p_3"}


@settings(max_examples=40, deadline=None)
@given(pictures(), st.integers(3, 60))
def test_tiles_cover_the_picture_and_keep_its_pixels(
    made: tuple[View, tuple[int, int, int, int]], side: int
) -> None:
    view, _ = made
    height, width = view.pixels.shape[:2]
    covered = np.zeros((height, width), bool)
    for tile in tiles(view, side):
        left, top = map(int, tile.name.split("_")[1:])
        tall, wide = tile.pixels.shape[:2]
        assert (tall, wide) == (min(side, height), min(side, width))
        assert (tile.pixels == view.pixels[top : top + tall, left : left + wide]).all()
        covered[top : top + tall, left : left + wide] = True
    assert covered.all()


@settings(max_examples=40, deadline=None)
@given(pictures(), st.integers(3, 60))
def test_a_tile_has_the_box_of_what_it_shows_enough_of(
    made: tuple[View, tuple[int, int, int, int]], side: int
) -> None:
    view, (x1, y1, x2, y2) = made
    for tile in tiles(view, side):
        share = red(tile).sum() / ((x2 - x1) * (y2 - y1))
        if abs(share - KEPT_SHARE) < 1e-6:
            continue  # either answer is right
        assert len(tile.boxes) == (share > KEPT_SHARE)
        for box in tile.boxes:
            a, b, c, d = corners(tile, box)
            expected = np.zeros(tile.pixels.shape[:2], bool)
            expected[b:d, a:c] = True
            assert (red(tile) == expected).all()


@pytest.mark.parametrize(("width", "side"), [(100, 40), (41, 40), (500, 64)])
def test_neighbouring_tiles_overlap(width: int, side: int) -> None:
    view = View("p", np.zeros((8, width, 3), np.uint8), ())
    lefts = [int(tile.name.split("_")[1]) for tile in tiles(view, side)]
    assert lefts[0] == 0
    assert lefts[-1] == width - side
    assert all(b - a <= side * (1 - OVERLAP) + 1 for a, b in pairwise(lefts))

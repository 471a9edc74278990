import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.tiles import OVERLAP, SEAM, meet, tiles

SIDE = 64
sides = st.integers(1, 400)


@given(sides, sides)
def test_tiles_cover_a_picture_and_none_is_larger_than_asked(width: int, height: int) -> None:
    covered = np.zeros((height, width), bool)
    for tile in tiles(width, height, SIDE):
        part = tile.cut(covered)
        assert 0 < part.shape[0] <= SIDE
        assert 0 < part.shape[1] <= SIDE
        part[:] = True
    assert covered.all() == (max(width, height) > SIDE)


@given(sides, sides, st.data())
def test_what_is_smaller_than_the_overlap_is_whole_in_some_tile(
    width: int, height: int, data: st.DataObject
) -> None:
    largest = OVERLAP * SIDE - 2 * SEAM * SIDE - 1
    x, y = data.draw(st.floats(0, width - 1)), data.draw(st.floats(0, height - 1))
    w, h = data.draw(st.floats(0.5, largest)), data.draw(st.floats(0.5, largest))
    box = np.array([[x, y, min(x + w, width), min(y + h, height)]])
    cut = list(tiles(width, height, SIDE))
    seen = [
        tile
        for tile in cut
        if tile.whole(box)[0]
        and tile.left <= box[0, 0]
        and tile.top <= box[0, 1]
        and box[0, 2] <= tile.right
        and box[0, 3] <= tile.bottom
    ]
    assert bool(seen) == bool(cut)


def test_of_one_thing_seen_twice_the_surest_box_stays() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 1, 11, 11], [0, 0, 10, 10], [30, 0, 40, 10]], np.float32)
    scores = np.array([0.5, 0.9, 0.4, 0.3], np.float32)
    assert meet(boxes, scores, np.array([0, 0, 1, 0])).tolist() == [1, 2, 3]

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.engines.letterbox import GREY, STRIDE, Letterbox

sides = st.integers(1, 4000)
sizes = st.integers(5, 40).map(lambda n: n * STRIDE)


@pytest.mark.parametrize(
    ("width", "height", "shape"),
    [
        (1920, 1080, (384, 640)),
        (640, 360, (384, 640)),
        (1080, 1920, (640, 384)),
        (1024, 768, (480, 640)),
        (500, 500, (640, 640)),
        (3000, 10, (32, 640)),
    ],
)
def test_the_shorter_side_is_no_longer_than_it_must_be(
    width: int, height: int, shape: tuple[int, int]
) -> None:
    assert Letterbox.fit(width, height, 640).shape == shape


@given(width=sides, height=sides, size=sizes)
def test_the_picture_lies_inside_with_less_than_a_stride_of_grey(
    width: int, height: int, size: int
) -> None:
    box = Letterbox.fit(width, height, size)
    assert max(box.shape) == size
    assert box.input_height % STRIDE == box.input_width % STRIDE == 0
    assert 0 <= box.input_width - box.scaled_width < STRIDE
    assert 0 <= box.input_height - box.scaled_height < STRIDE
    assert abs((box.input_width - box.scaled_width) - 2 * box.left) <= 1, "centred"
    assert abs((box.input_height - box.scaled_height) - 2 * box.top) <= 1, "centred"


@given(
    width=sides,
    height=sides,
    size=sizes,
    corners=st.tuples(*[st.floats(0, 1, width=32)] * 4),
)
def test_a_box_comes_back_to_where_it_was(
    width: int, height: int, size: int, corners: tuple[float, float, float, float]
) -> None:
    box = Letterbox.fit(width, height, size)
    there = np.array([corners], np.float32) * [width, height, width, height]
    back = box.to_picture(box.to_input(there.astype(np.float32)))
    assert np.abs(back - there).max() <= 1


@given(width=sides, height=sides, boxes=st.lists(st.floats(-9999, 9999, width=32), min_size=4))
def test_boxes_never_leave_the_picture(width: int, height: int, boxes: list[float]) -> None:
    rows = np.array(boxes[: len(boxes) // 4 * 4], np.float32).reshape(-1, 4)
    found = Letterbox.fit(width, height, 640).to_picture(rows)
    assert (found >= 0).all()
    assert (found[:, [0, 2]] <= width).all()
    assert (found[:, [1, 3]] <= height).all()


@given(width=st.integers(1, 300), height=st.integers(1, 300))
def test_drawing_fills_every_pixel(width: int, height: int) -> None:
    box = Letterbox.fit(width, height, 160)
    into = np.full((*box.shape, 3), 7, np.uint8)
    box.draw(np.full((height, width, 3), 200, np.uint8), into)
    assert (into == 200).all(axis=2).sum() == box.scaled_width * box.scaled_height
    assert ((into == 200) | (into == GREY)).all()


def test_a_mark_is_drawn_where_the_geometry_says() -> None:
    picture = np.zeros((1080, 1920, 3), np.uint8)
    picture[540:600, 960:1080] = 255
    box = Letterbox.fit(1920, 1080, 640)
    into = np.empty((*box.shape, 3), np.uint8)
    box.draw(picture, into)
    rows, columns = np.nonzero(into[..., 0] > 200)
    x1, y1, x2, y2 = box.to_input(np.array([[960, 540, 1080, 600]], np.float32))[0]
    assert abs(columns.min() - x1) <= 1
    assert abs(columns.max() + 1 - x2) <= 1
    assert abs(rows.min() - y1) <= 1
    assert abs(rows.max() + 1 - y2) <= 1


def test_what_cannot_be_letterboxed_is_refused() -> None:
    with pytest.raises(ValueError, match="0×5 pixels"):
        Letterbox.fit(0, 5, 640)
    with pytest.raises(ValueError, match="650 is not a multiple of 32"):
        Letterbox.fit(5, 5, 650)

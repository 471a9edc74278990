"""Overlap, and which detections are one thing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.rules.sight import hull_of, overlap

boxes = st.tuples(st.floats(0, 0.5), st.floats(0, 0.5), st.floats(0.5, 1), st.floats(0.5, 1))


@given(boxes, boxes)
def test_overlap_is_symmetric_and_a_share(a, b):
    assert overlap(a, b) == pytest.approx(overlap(b, a))
    iou, cover = overlap(a, b)
    assert 0 <= iou <= cover + 1e-9 <= 1 + 2e-9


def test_overlap_of_known_boxes():
    assert overlap((0, 0, 1, 1), (0, 0, 1, 1)) == (1, 1)
    assert overlap((0, 0, 1, 1), (0.5, 0, 1.5, 1)) == (pytest.approx(1 / 3), 0.5)
    assert overlap((0, 0, 1, 1), (0.2, 0.2, 0.4, 0.4)) == (pytest.approx(0.04), pytest.approx(1))
    assert overlap((0, 0, 0, 0), (0, 0, 0, 0)) == (0, 0)


@given(st.lists(boxes, min_size=1))
def test_hull_holds_every_box(some):
    hull = hull_of(some)
    assert all(overlap(hull, b)[1] == pytest.approx(1) for b in some if b[0] < b[2] and b[1] < b[3])

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation.matching import IOUS, match, overlaps


def test_overlap_of_known_boxes() -> None:
    boxes = np.array([[0, 0, 2, 2], [1, 1, 3, 3], [5, 5, 5, 5]], float)
    iou = overlaps(boxes, boxes)
    np.testing.assert_allclose(np.diag(iou), [1, 1, 0])
    np.testing.assert_allclose(iou[0, 1], 1 / 7)
    assert iou[0, 2] == 0


def test_the_better_score_takes_the_object_and_the_rest_go_without() -> None:
    iou = np.array([[0.6, 0.9, 0.0], [0.55, 0.0, 0.0]])
    found = match(iou, np.array([0.5]))[:, 0]
    assert found.tolist() == [0, -1, -1]  # the first takes what it overlaps most
    found = match(np.array([[0.6, 0.9, 0.7], [0.55, 0.8, 0.0]]), np.array([0.5, 0.75]))
    assert found[:, 0].tolist() == [0, 1, -1]
    assert found[:, 1].tolist() == [-1, 0, -1]


def test_nothing_to_find() -> None:
    assert (match(np.zeros((0, 4))) == -1).all()
    assert match(np.zeros((3, 0))).shape == (0, len(IOUS))


@given(st.integers(0, 6), st.integers(0, 9), st.integers(0, 2**32 - 1))
def test_no_object_is_found_twice_and_each_find_overlaps_enough(
    objects: int, detections: int, seed: int
) -> None:
    iou = np.random.default_rng(seed).random((objects, detections))
    found = match(iou)
    for column, needed in enumerate(IOUS):
        taken = found[:, column][found[:, column] >= 0]
        assert len(taken) == len(set(taken.tolist()))
        assert all(iou[o, d] >= needed for d, o in enumerate(found[:, column]) if o >= 0)

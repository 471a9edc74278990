from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.ops import batched_nms

from models.non_maximum import NMS_IOU
from vision.engines.letterbox import Letterbox
from vision.engines.postprocess import (
    MAX_CANDIDATES,
    MAX_DETECTIONS,
    ROUNDS,
    best_boxes,
    decode,
)

CLASSES = ("bin", "truck", "person")
SQUARE = Letterbox.fit(640, 640, 640)

Row = tuple[float, float, float, float, int, float]  # x1, y1, x2, y2, class, score


def output(*pictures: list[Row], anchors: int = 64) -> torch.Tensor:
    """What a network would give for these boxes; other anchors score nothing."""
    raw = torch.zeros(len(pictures), 4 + len(CLASSES), anchors)
    for number, rows in enumerate(pictures):
        for place, (x1, y1, x2, y2, label, score) in enumerate(rows):
            raw[number, :4, place] = torch.tensor([(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1])
            raw[number, 4 + label, place] = score
    return raw


def test_the_weaker_of_two_boxes_of_a_class_goes_and_other_classes_stay() -> None:
    raw = output(
        [
            (100, 100, 200, 200, 1, 0.6),
            (102, 100, 202, 200, 1, 0.9),
            (101, 100, 201, 200, 2, 0.5),
            (400, 100, 500, 200, 1, 0.3),
            (300, 300, 320, 320, 0, 0.2),
        ]
    )
    [found] = decode(raw, [SQUARE], CLASSES, 0.25)
    assert found.data["class_name"].tolist() == ["truck", "person", "truck"]
    np.testing.assert_allclose(found.confidence, [0.9, 0.5, 0.3])
    np.testing.assert_allclose(found.xyxy[0], [102, 100, 202, 200])
    assert found.class_id.tolist() == [1, 2, 1]


def test_pictures_of_one_batch_do_not_suppress_each_other() -> None:
    same: list[Row] = [(100, 100, 200, 200, 1, 0.6)]
    found = decode(output(same, [], same), [SQUARE] * 3, CLASSES, 0.25)
    assert [len(f) for f in found] == [1, 0, 1]
    assert found[1].xyxy.shape == (0, 4)
    assert found[1].data["class_name"].shape == (0,)


def test_boxes_come_back_in_pixels_of_the_picture_and_clipped() -> None:
    wide = Letterbox.fit(1920, 1080, 640)  # scaled by 3, 12 px of grey above and below
    raw = output([(0, 0, 100, 112, 0, 0.9), (200, 0, 300, 10, 0, 0.8)])
    [found] = decode(raw, [wide], CLASSES, 0.25)
    np.testing.assert_allclose(found.xyxy, [[0, 0, 300, 300]], atol=0.01)  # the other is all grey


def test_a_picture_that_lights_up_everywhere_is_bounded_and_hurts_no_other() -> None:
    random = torch.rand(2, 4 + len(CLASSES), 4 * MAX_CANDIDATES)
    random[:, :2] *= 640
    random[:, 2:4] = random[:, 2:4] * 20 + 1
    random[1, 4:] = 0
    random[1, 4, 5] = 0.3
    crowded, calm = decode(random, [SQUARE, SQUARE], CLASSES, 0.25)
    assert len(crowded) == MAX_DETECTIONS
    assert crowded.confidence.min() > 0.9, "the best are kept"
    assert calm.confidence.tolist() == [np.float32(0.3)]


rows = st.lists(
    st.tuples(
        st.integers(0, 500),
        st.integers(0, 500),
        st.integers(5, 120),
        st.integers(5, 120),
        st.integers(0, 2),
        st.floats(0.125, 1, width=32),
    ).map(lambda r: (r[0], r[1], r[0] + r[2], r[1] + r[3], r[4], r[5])),
    max_size=20,
)


@settings(deadline=None)
@given(pictures=st.lists(rows, min_size=1, max_size=6))
def test_a_picture_gives_the_same_alone_and_in_any_batch(pictures: list[list[Row]]) -> None:
    together = decode(output(*pictures), [SQUARE] * len(pictures), CLASSES, 0.25)
    for picture, found in zip(pictures, together, strict=True):
        [alone] = decode(output(picture), [SQUARE], CLASSES, 0.25)
        np.testing.assert_array_equal(alone.xyxy, found.xyxy)
        np.testing.assert_array_equal(alone.confidence, found.confidence)
        assert (np.diff(found.confidence) <= 0).all()


@settings(deadline=None)
@given(picture=rows.filter(lambda r: len(r) <= ROUNDS))
def test_what_stays_is_what_suppression_one_by_one_keeps(picture: list[Row]) -> None:
    [found] = decode(output(picture), [SQUARE], CLASSES, 0.25)
    wanted = [row for row in picture if row[5] >= 0.25]
    boxes = torch.tensor([row[:4] for row in wanted], dtype=torch.float64).reshape(-1, 4)
    scores = torch.tensor([row[5] for row in wanted], dtype=torch.float64)
    labels = torch.tensor([row[4] for row in wanted], dtype=torch.int64)
    kept = batched_nms(boxes, scores, labels, NMS_IOU)
    np.testing.assert_array_equal(found.xyxy, boxes[kept].numpy())
    np.testing.assert_array_equal(found.class_id, labels[kept].numpy())


@given(pictures=st.lists(rows, min_size=1, max_size=3), candidates=st.integers(20, 64))
@settings(deadline=None)
def test_rows_of_a_fixed_number_hold_the_same_boxes(
    pictures: list[list[Row]], candidates: int
) -> None:
    """As on a device, where nobody waits to count."""
    raw = output(*pictures)
    fixed, counted = best_boxes(raw, 0.25, candidates), best_boxes(raw, 0.25)
    assert fixed.shape == (len(pictures), candidates, 6)
    most = counted.shape[1]
    assert torch.equal(fixed[:, :most], counted)
    assert not fixed[:, most:].any()


def test_of_boxes_that_score_the_same_the_first_stays_wherever_the_picture_lies() -> None:
    same: list[Row] = [(100 + n, 100, 200 + n, 200, 1, 0.6) for n in range(8)]
    for found in decode(output(same, [], same), [SQUARE] * 3, CLASSES, 0.25)[::2]:
        assert found.xyxy.tolist() == [[100, 100, 200, 200]]


def test_where_the_rounds_end_too_early_no_box_is_lost() -> None:
    steps = 2 * ROUNDS
    stairs: list[Row] = [(30 * n, 0, 30 * n + 100, 100, 1, 0.9 - n / 100) for n in range(steps)]
    wide = Letterbox.fit(1920, 1080, 1920)
    [found] = decode(output(stairs), [wide], CLASSES, 0.25)
    one_by_one = {(30.0 * n, 0.0) for n in range(0, steps, 2)}
    assert one_by_one <= {(box[0], box[1]) for box in found.xyxy.tolist()}
    assert len(found) < steps

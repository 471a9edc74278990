"""The ring: what is laid into a slot comes out of it, and its memory is no trap."""

from __future__ import annotations

import os

import numpy as np
import pytest

from models.non_maximum import MAX_DETECTIONS
from vision.detections import make_detections
from vision.engine_server.ring import Layout, Ring


@pytest.fixture
def ring() -> Ring:
    return Ring.create(Layout(slots=3, image_size=96))


def test_both_ends_see_the_same(ring: Ring) -> None:
    other = Ring(os.dup(ring.memory), ring.layout)
    for slot in range(3):
        ring.picture(slot, 96, 64)[:] = slot + 1
    most = MAX_DETECTIONS
    boxes = np.arange(most * 4, dtype=np.float32).reshape(-1, 4)
    found = make_detections(
        boxes, np.linspace(1, 0, most, dtype=np.float32), np.arange(most) % 2, ["a", "b"]
    )
    for slot in range(3):
        assert (other.picture(slot, 96, 64) == slot + 1).all(), "answers never touch pictures"
        assert other.put_boxes(slot, 7 + slot, found) == most
    for slot in range(3):
        assert (ring.picture(slot, 96, 64) == slot + 1).all()
        assert ring.ticket(slot) == 7 + slot
        rows = ring.boxes(slot, most)
        np.testing.assert_array_equal(rows[:, :4], boxes)
        np.testing.assert_array_equal(rows[:, 4], found.confidence)
        np.testing.assert_array_equal(rows[:, 5], np.arange(most) % 2)


def test_an_error_may_be_long_and_in_chinese(ring: Ring) -> None:
    told = "设备丢失" * 2000
    length = ring.put_error(1, 5, told)
    assert told.startswith(ring.error(1, length).rstrip("�"))
    assert ring.ticket(2) == 0, "it stays in its slot"


def test_nobody_can_shorten_it(ring: Ring) -> None:
    with pytest.raises(PermissionError):
        os.ftruncate(ring.memory, 0)


def test_memory_that_is_too_short_is_refused(ring: Ring) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        Ring(os.dup(ring.memory), Layout(slots=4, image_size=96))


def test_a_view_outlives_its_ring(ring: Ring) -> None:
    picture = ring.picture(0, 8, 8)
    picture[:] = 9
    ring.close()
    ring.close()
    assert (picture == 9).all(), "what an engine still reads is not pulled from under it"

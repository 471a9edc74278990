from __future__ import annotations

from threading import Condition
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.loop.collection import Collector
from vision.sources.mailbox import Mailbox


def filled(fakes: Any, ready: Condition, counts: list[int]) -> list[Mailbox]:
    boxes = [Mailbox(f"c{n}", live=False, ready=ready, size=99) for n in range(len(counts))]
    for number, (box, count) in enumerate(zip(boxes, counts, strict=True)):
        for index in range(count):
            box.put(fakes.painted(number, index))
    return boxes


def names(taken: list[Any]) -> list[str]:
    return [t.frame.camera for t in taken]


def test_everybody_has_a_turn_before_anybody_has_two(fakes: Any, ready: Condition) -> None:
    collector = Collector(filled(fakes, ready, [20, 1, 1, 1, 1]), ready)
    assert names(collector.take(2)) == ["c0", "c1"]
    assert names(collector.take(2)) == ["c2", "c3"]
    assert names(collector.take(3)) == ["c4", "c0", "c0"]


def test_room_that_is_left_goes_to_whoever_has_more(fakes: Any, ready: Condition) -> None:
    collector = Collector(filled(fakes, ready, [3, 0, 1]), ready)
    taken = collector.take(8)
    assert names(taken) == ["c0", "c2", "c0", "c0"]
    assert [t.frame.index for t in taken if t.frame.camera == "c0"] == [0, 1, 2]
    assert collector.take(8) == []


@given(
    counts=st.lists(st.integers(1, 12), min_size=1, max_size=8),
    limits=st.lists(st.integers(1, 10), min_size=1, max_size=30),
)
def test_no_camera_is_ahead_by_more_than_one_turn(
    fakes: Any, counts: list[int], limits: list[int]
) -> None:
    boxes = filled(fakes, Condition(), counts)
    collector = Collector(boxes, Condition())
    served = dict.fromkeys((b.camera for b in boxes), 0)
    for limit in limits:
        for name in names(collector.take(limit)):
            served[name] += 1
        still = [served[b.camera] for b in boxes if b.waiting]
        if still:
            assert max(served.values()) <= min(still) + 1


def test_cameras_come_and_go_without_a_lost_turn(fakes: Any, ready: Condition) -> None:
    boxes = filled(fakes, ready, [5, 5, 5])
    collector = Collector(boxes, ready)
    assert names(collector.take(2)) == ["c0", "c1"]
    collector.remove("c0")
    assert names(collector.take(2)) == ["c2", "c1"]
    collector.add(boxes[0])
    assert names(collector.take(2)) == ["c2", "c0"]
    with pytest.raises(ValueError, match="c0 is in the loop already"):
        collector.add(Mailbox("c0", live=True, ready=ready))
    with pytest.raises(KeyError, match="c9"):
        collector.remove("c9")


def test_the_window_closes_when_every_unfinished_camera_has_a_frame(
    fakes: Any, ready: Condition
) -> None:
    boxes = filled(fakes, ready, [1, 1, 0])
    boxes[2].finish()
    collector = Collector(boxes, ready)
    collector.wait(8, 3600.0, stopping=lambda: False)  # an hour: the test would time out
    assert len(collector.take(8)) == 2


def test_waiting_ends_when_the_loop_stops(ready: Condition) -> None:
    collector = Collector([Mailbox("c0", live=True, ready=ready)], ready)
    collector.wait(8, 3600.0, stopping=lambda: True)
    assert collector.take(8) == []

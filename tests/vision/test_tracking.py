from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.detections import Detections, make_detections
from vision.frames import Frame
from vision.tracking import UNTRACKED, Tracker

CLASSES = ("person", "truck", "car", "stall")
START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


def frame(second: float, camera: str = "gate") -> Frame:
    return Frame(np.zeros((8, 8, 3), np.uint8), camera, START + timedelta(seconds=second), 0)


def boxes(*rows: tuple[str, float, float, float, float], score: float = 0.8) -> Detections:
    return make_detections(
        np.array([r[1:] for r in rows], np.float32).reshape(-1, 4),
        np.full(len(rows), score, np.float32),
        np.array([CLASSES.index(r[0]) for r in rows], np.int64),
        CLASSES,
    )


def ids(detections: Detections) -> list[int]:
    return np.asarray(detections.tracker_id).tolist()


def test_an_object_keeps_its_id_and_detections_their_order() -> None:
    tracker = Tracker("gate", fps=5)
    found = []
    for look in range(8):
        x = 10.0 * look
        seen = boxes(("truck", 300 - x, 50, 400 - x, 120), ("person", x, 0, x + 30, 60))
        tracked = tracker.update(frame(look / 5), seen)
        np.testing.assert_array_equal(tracked.xyxy, seen.xyxy)
        assert tracked.data["class_name"].tolist() == ["truck", "person"]
        found.append(ids(tracked))
    assert found[0] == [UNTRACKED, UNTRACKED]
    assert sorted(found[1]) == [0, 1]
    assert found[1:] == [found[1]] * 7


def test_at_one_look_per_second_a_box_may_miss_its_last_place() -> None:
    tracker = Tracker("gate", fps=1)
    found = [
        ids(tracker.update(frame(n), boxes(("truck", 110.0 * n, 0, 110.0 * n + 100, 60))))[0]
        for n in range(6)
    ]
    assert found == [UNTRACKED, 0, 0, 0, 0, 0]


def test_an_object_that_is_missed_for_two_looks_keeps_its_id() -> None:
    tracker = Tracker("gate", fps=1)
    stall = boxes(("stall", 100, 100, 200, 180))
    before = [ids(tracker.update(frame(n), stall)) for n in range(3)][-1]
    for n in (3, 4):
        assert ids(tracker.update(frame(n), boxes())) == []
    assert ids(tracker.update(frame(5), stall)) == before == [0]
    assert ids(tracker.update(frame(60), stall)) == [UNTRACKED], "a minute later it is another"
    assert ids(tracker.update(frame(61), stall)) == [1]


def test_a_truck_that_looks_like_a_car_for_one_look_stays_one_track() -> None:
    tracker = Tracker("gate", fps=2)
    for n, name in enumerate(("truck", "truck", "car", "truck")):
        tracked = tracker.update(frame(n / 2), boxes((name, 10, 10, 90, 70)))
    assert ids(tracked) == [0]


def test_a_person_does_not_inherit_the_track_of_the_stall_behind() -> None:
    tracker = Tracker("gate", fps=1)
    for n in range(3):
        tracker.update(frame(n), boxes(("stall", 0, 0, 100, 100)))
    for n in range(3, 6):
        tracked = tracker.update(frame(n), boxes(("person", 0, 0, 100, 100)))
    assert ids(tracked) == [1]


def test_cameras_share_nothing() -> None:
    gate, park = Tracker("gate", fps=1), Tracker("park", fps=1)
    stall = boxes(("stall", 0, 0, 100, 100))
    for n in range(3):
        tracked = gate.update(frame(n), stall)
    assert ids(tracked) == [0]
    assert ids(park.update(frame(3, "park"), stall)) == [UNTRACKED], "not known here"
    with pytest.raises(ValueError, match="park was given a frame of gate"):
        park.update(frame(4), stall)


@settings(deadline=None, max_examples=40)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from([-5.0, 0.0, 0.2, 1.0, 90.0]),
            st.lists(st.tuples(st.sampled_from(CLASSES), st.integers(0, 5)), max_size=6),
        ),
        max_size=12,
    )
)
def test_clock_jumps_and_crowds_never_give_one_id_twice(
    steps: list[tuple[float, list[tuple[str, int]]]],
) -> None:
    tracker, now, ended = Tracker("gate", fps=2), 1000.0, set[int]()
    alive: set[int] = set()
    for step, objects in steps:
        now += step
        seen = boxes(*((name, 90.0 * p, 0, 90.0 * p + 80, 60) for name, p in objects))
        tracked = tracker.update(frame(now), seen)
        assert len(tracked) == len(objects)
        given_ids = [i for i in ids(tracked) if i != UNTRACKED]
        assert len(given_ids) == len(set(given_ids))
        if step < 0:
            ended |= alive
            alive = set()
        alive |= set(given_ids)
        assert not ended & set(given_ids), "an ended track's id came back"


def test_weak_boxes_start_no_track_but_continue_one() -> None:
    tracker = Tracker("gate", fps=1)
    weak = boxes(("stall", 0, 0, 100, 100), score=0.3)
    for n in range(3):
        assert ids(tracker.update(frame(n), weak)) == [UNTRACKED]
    strong = boxes(("stall", 0, 0, 100, 100), score=0.9)
    tracker.update(frame(3), strong)
    tracker.update(frame(4), strong)
    assert ids(tracker.update(frame(5), weak)) == [0]


def test_names_of_ended_tracks_are_forgotten() -> None:
    tracker = Tracker("gate", fps=5)
    for look in range(200):
        x = 300.0 * (look // 4)  # each is seen on four looks, far from the one before
        tracked = tracker.update(frame(look / 5), boxes(("truck", x, 0, x + 90, 60)))
    assert ids(tracked) == [49], "ids go on"
    assert len(tracker._tracks) <= 8, "as many as may still be found again"


def test_no_track_goes_over_a_seam_of_a_recording() -> None:
    tracker, seen = Tracker("gate", fps=5), boxes(("truck", 300, 50, 400, 120))
    before = [ids(tracker.update(frame(n / 5), seen)) for n in range(4)]
    after = [ids(tracker.update(replace(frame(n / 5), part=1), seen)) for n in range(4, 8)]
    assert before == [[UNTRACKED], [0], [0], [0]]
    assert after == [[UNTRACKED], [1], [1], [1]]

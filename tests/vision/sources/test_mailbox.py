from __future__ import annotations

from datetime import UTC, datetime
from threading import Condition, Thread

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.frames import Frame
from vision.sources.mailbox import Mailbox

PIXELS = np.zeros((2, 2, 3), np.uint8)


def frame(index: int) -> Frame:
    return Frame(PIXELS, "cam", datetime.now(UTC), index)


def test_of_a_live_camera_the_newest_frame_wins_and_the_older_is_counted() -> None:
    box = Mailbox("cam", live=True)
    for index in range(5):
        assert box.put(frame(index))
    newest = box.take()
    assert newest is not None
    assert newest.index == 4
    box.analysed()
    counts = box.counts()
    assert (counts.read, counts.analysed, counts.dropped, counts.pending) == (
        5,
        1,
        {"superseded": 4},
        0,
    )


def test_a_recording_waits_for_room_and_loses_nothing() -> None:
    ready = Condition()
    box = Mailbox("cam", live=False, ready=ready, size=2)

    def read() -> None:
        for index in range(50):
            box.put(frame(index))
        box.finish()

    reader = Thread(target=read)
    reader.start()
    seen = []
    while not box.finished:
        with ready:
            assert ready.wait_for(lambda: box.waiting or box.finished, 10)
        while (taken := box.take()) is not None:
            assert box.waiting <= 2
            seen.append(taken.index)
            box.analysed()
    reader.join(10)
    assert seen == list(range(50))
    assert box.counts().dropped == {}


def test_closing_releases_a_waiting_reader() -> None:
    box = Mailbox("cam", live=False, size=1)
    box.put(frame(0))
    taken_in: list[bool] = []
    reader = Thread(target=lambda: taken_in.append(box.put(frame(1))))
    reader.start()
    box.close()
    reader.join(10)
    assert taken_in == [False]
    assert box.finished
    assert box.counts().dropped == {"closed": 1}


def test_finished_means_ended_and_drained() -> None:
    box = Mailbox("cam", live=False)
    box.put(frame(0))
    box.finish()
    assert not box.finished
    assert box.take() is not None
    assert box.finished
    assert box.take() is None
    assert box.counts().pending == 1
    box.drop("engine")
    assert box.counts().dropped == {"engine": 1}


def test_more_cannot_be_given_back_than_was_taken() -> None:
    box = Mailbox("cam", live=True)
    with pytest.raises(ValueError, match="1 frames given back, 0 taken"):
        box.analysed()


@given(
    live=st.booleans(),
    steps=st.lists(st.sampled_from(["put", "take", "analysed", "drop", "finish", "close"])),
)
def test_the_counters_always_add_up(live: bool, steps: list[str]) -> None:
    box = Mailbox("cam", live=live, size=1000)
    in_hand = 0
    for step in steps:
        if step == "put":
            box.put(frame(0))
        elif step == "take":
            in_hand += box.take() is not None
        elif step in ("finish", "close"):
            getattr(box, step)()
        elif in_hand:
            in_hand -= 1
            box.analysed() if step == "analysed" else box.drop("stale")
        counts = box.counts()
        assert counts.read == counts.analysed + sum(counts.dropped.values()) + counts.pending
        assert counts.pending == box.waiting + in_hand

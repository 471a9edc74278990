from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Condition, Event, Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vision.detections import Detections
from vision.errors import EngineError
from vision.frames import Frame
from vision.look import Look
from vision.loop import InferenceLoop, LoopCounters
from vision.loop.drops import ENGINE_FAILED, LOOP_ENDED, REMOVED
from vision.loop.restarts import PAUSES_S
from vision.loop.views import Views
from vision.sources.mailbox import CLOSED, SUPERSEDED, Mailbox

camera_plans = st.lists(
    st.tuples(
        st.booleans(),  # live
        st.integers(0, 30),  # frames
        st.integers(8, 64),  # width
        st.integers(8, 64),  # height
        st.integers(1, 4),  # mailbox size
    ),
    min_size=1,
    max_size=12,
)


def put_all(fakes: Any, box: Mailbox, number: int, count: int, **size: int) -> None:
    for index in range(count):
        box.put(fakes.painted(number, index, **size))
    box.finish()


def adds_up(box: Mailbox) -> bool:
    counts = box.counts()
    return counts.read == counts.analysed + sum(counts.dropped.values()) + counts.pending


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(plans=camera_plans, batch=st.integers(1, 9), depth=st.integers(1, 3))
def test_no_camera_sees_anothers_results(
    fakes: Any, plans: list[tuple[bool, int, int, int, int]], batch: int, depth: int
) -> None:
    ready, delivered, counters = Condition(), fakes.Delivered(), LoopCounters()
    boxes = [
        Mailbox(f"c{n}", live=live, ready=ready, size=size)
        for n, (live, _, _, _, size) in enumerate(plans)
    ]
    engine = fakes.Engine(batch=batch, depth=depth)
    loop = InferenceLoop(engine, boxes, delivered, ready=ready, observer=counters)
    loop.start()
    readers = [
        Thread(target=put_all, args=(fakes, box, n, count), kwargs={"width": w, "height": h})
        for n, (box, (_, count, w, h, _)) in enumerate(zip(boxes, plans, strict=True))
    ]
    for reader in readers:
        reader.start()
    assert loop.wait_until_drained(fakes.LIMIT)
    assert loop.stop(fakes.LIMIT)
    for reader in readers:
        reader.join(fakes.LIMIT)

    assert delivered.mixed == []
    for box, (live, count, *_) in zip(boxes, plans, strict=True):
        indexes, counts = delivered.of(box.camera), box.counts()
        assert indexes == sorted(set(indexes)), "order, and each once"
        assert counts.read == count
        assert counts.analysed == len(indexes)
        assert counts.pending == 0
        assert adds_up(box)
        if live:
            assert set(counts.dropped) <= {SUPERSEDED}
            assert not count or indexes[-1] == count - 1, "the newest is always looked at"
        else:
            assert indexes == list(range(count))
    assert max((len(b) for b in engine.batches), default=0) <= batch
    assert counters.counts().frames == len(delivered.frames)


def test_a_bad_frame_takes_no_other_along(
    fakes: Any, ready: Condition, run_loop: Callable[..., InferenceLoop]
) -> None:
    boxes = [Mailbox(f"c{n}", live=False, ready=ready, size=10) for n in range(3)]
    for number, box in enumerate(boxes):
        put_all(fakes, box, number, 5)
    delivered, counters = fakes.Delivered(), LoopCounters()
    engine = fakes.Engine(batch=6, refuses=lambda camera, index: (camera, index) == (1, 2))
    loop = run_loop(engine, boxes, delivered, observer=counters)
    assert loop.wait_until_drained(fakes.LIMIT)
    assert delivered.of("c0") == delivered.of("c2") == [0, 1, 2, 3, 4]
    assert delivered.of("c1") == [0, 1, 3, 4]
    assert boxes[1].counts().dropped == {ENGINE_FAILED: 1}
    assert counters.counts().failed == {"c1": 1}
    assert counters.counts().last_error == {"c1": "cannot look at this"}
    assert counters.counts().restarts == 0
    assert loop.failed is None


def test_a_camera_of_only_bad_frames_does_not_stop_the_loop(
    fakes: Any, ready: Condition, run_loop: Callable[..., InferenceLoop]
) -> None:
    bad, good = (Mailbox(f"c{n}", live=False, ready=ready, size=50) for n in range(2))
    put_all(fakes, bad, 0, 40)
    counters = LoopCounters()
    engine = fakes.Engine(refuses=lambda camera, _: camera == 0)
    delivered = fakes.Delivered()
    loop = run_loop(engine, [bad], delivered, observer=counters)
    assert loop.wait_until_drained(fakes.LIMIT)
    loop.add(good)
    put_all(fakes, good, 1, 3)
    assert loop.wait_until_drained(fakes.LIMIT)
    assert delivered.frames == [("c1", 0), ("c1", 1), ("c1", 2)]
    assert bad.counts().dropped == {ENGINE_FAILED: 40}
    assert counters.counts().restarts == 0


def test_a_delivery_that_raises_is_reported_and_stops_nobody(
    fakes: Any,
    ready: Condition,
    run_loop: Callable[..., InferenceLoop],
    caplog: pytest.LogCaptureFixture,
) -> None:
    boxes = [Mailbox(f"c{n}", live=False, ready=ready, size=9) for n in range(2)]
    for number, box in enumerate(boxes):
        put_all(fakes, box, number, 4)
    delivered, counters = fakes.Delivered(), LoopCounters()

    def deliver(frame: Any, detections: Any) -> None:
        if frame.camera == "c0":
            raise KeyError("no such zone")
        delivered(frame, detections)

    loop = run_loop(fakes.Engine(), boxes, deliver, observer=counters)
    assert loop.wait_until_drained(fakes.LIMIT)
    assert delivered.of("c1") == [0, 1, 2, 3]
    counts = counters.counts()
    assert counts.failed == {"c0": 4}
    assert counts.delivered == {"c1": 4}
    [told] = [r for r in caplog.records if "c0: a delivery failed" in r.getMessage()]
    assert told.exc_info is not None, "with its traceback, once for all four"
    assert boxes[0].counts().analysed == 4, "the model has looked at them"


@pytest.mark.parametrize("place", ["needed", "joined"])
def test_trouble_before_a_delivery_stops_no_other_camera(
    fakes: Any,
    ready: Condition,
    run_loop: Callable[..., InferenceLoop],
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    boxes = [Mailbox(f"c{n}", live=False, ready=ready, size=9) for n in range(2)]
    for number, box in enumerate(boxes):
        put_all(fakes, box, number, 4)
    delivered, counters = fakes.Delivered(), LoopCounters()
    joined = Views.joined

    def raises(camera: str) -> bool:
        if camera == "c0":
            raise KeyError("no such zone")
        return True

    options: dict[str, Any] = {}
    if place == "needed":
        options["needed"] = lambda frame: raises(frame.camera)
    else:
        monkeypatch.setattr(
            Views, "joined", lambda self, found: raises(self.frame.camera) and joined(self, found)
        )
    loop = run_loop(fakes.Engine(), boxes, delivered, observer=counters, **options)
    assert loop.wait_until_drained(fakes.LIMIT)
    assert loop.failed is None
    assert delivered.of("c1") == [0, 1, 2, 3]
    assert delivered.of("c0") == ([0, 1, 2, 3] if place == "needed" else [])
    assert counters.counts().failed["c0"] >= 4


def test_attributes_are_added_and_their_failure_costs_only_them(
    fakes: Any, ready: Condition, run_loop: Callable[..., InferenceLoop]
) -> None:
    box = Mailbox("c0", live=False, ready=ready, size=9)
    put_all(fakes, box, 0, 4)
    seen: list[tuple[int, bool]] = []
    asked: list[int] = []
    counters = LoopCounters()

    def attributes(frames: Any, found: Any) -> Any:
        if any(frame.index == 2 for frame in frames):
            raise RuntimeError("the classifier stumbled")
        asked.append(len(frames))
        for detections in found:
            detections.data["load"] = ["open"]
        return found

    def deliver(frame: Any, detections: Any) -> None:
        seen.append((frame.index, "load" in detections.data))

    engine = fakes.Engine()
    loop = run_loop(engine, [box], deliver, attributes=attributes, observer=counters)
    assert loop.wait_until_drained(fakes.LIMIT)
    assert seen == [(0, True), (1, True), (2, False), (3, True)]
    assert sum(asked) == 3
    assert counters.counts().failed == {"c0": 1}


def test_an_engine_that_stays_broken_ends_the_loop_and_frees_its_readers(
    fakes: Any, ready: Condition, run_loop: Callable[..., InferenceLoop]
) -> None:
    box = Mailbox("c0", live=False, ready=ready, size=2)
    refused = Event()
    counters, engine = LoopCounters(), fakes.Engine()

    def read() -> None:
        index = 0
        while box.put(fakes.painted(0, index)):
            index += 1
            engine.broken = index > 5
        refused.set()

    pauses: list[float] = []
    loop = run_loop(
        engine,
        [box],
        fakes.Delivered(),
        observer=counters,
        max_restarts=2,
        pause=pauses.append,
    )
    Thread(target=read, daemon=True).start()
    with pytest.raises(EngineError, match=r"after 2 restarts .the device is lost.*No camera"):
        loop.wait_until_drained(fakes.LIMIT)
    assert refused.wait(fakes.LIMIT)
    assert isinstance(loop.failed, EngineError)
    counts = box.counts()
    assert counts.pending == 0
    assert set(counts.dropped) <= {ENGINE_FAILED, LOOP_ENDED, CLOSED}
    assert adds_up(box)
    assert counters.counts().restarts == 2
    assert pauses == list(PAUSES_S[:2])
    assert loop.trouble == str(loop.failed)
    late = Mailbox("c1", live=True, ready=ready)
    loop.add(late)
    assert late.closed


def test_an_engine_that_is_opened_again_goes_on(
    fakes: Any, ready: Condition, run_loop: Callable[..., InferenceLoop]
) -> None:
    broken, fresh = fakes.Engine(broken=True), fakes.Engine()
    box = Mailbox("c0", live=False, ready=ready, size=9)
    put_all(fakes, box, 0, 5)
    delivered, counters = fakes.Delivered(), LoopCounters()
    paused, go_on = Event(), Event()

    def pause(_seconds: float) -> None:
        paused.set()
        assert go_on.wait(fakes.LIMIT)

    loop = run_loop(
        broken,
        [box],
        delivered,
        observer=counters,
        reopen=lambda: fresh,
        pause=pause,
    )
    assert paused.wait(fakes.LIMIT)
    assert loop.trouble is not None
    assert "started again in 1 s" in loop.trouble
    go_on.set()
    assert loop.wait_until_drained(fakes.LIMIT)
    assert loop.trouble is None
    assert delivered.of("c0") == [0, 1, 2, 3, 4]
    assert broken.closed
    assert loop.engine is fresh
    assert counters.counts().restarts == 1


def test_a_pause_before_a_restart_ends_when_the_loop_is_stopped(
    fakes: Any,
    ready: Condition,
    run_loop: Callable[..., InferenceLoop],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vision.loop.restarts.PAUSES_S", (3600.0,))
    paused = Event()

    class Lost(fakes.Engine):  # type: ignore[misc, name-defined]
        def warm_up(self) -> None:
            paused.set()
            raise EngineError("the device is lost")

    loop = run_loop(Lost(), [Mailbox("c0", live=True, ready=ready)], fakes.Delivered())
    assert paused.wait(fakes.LIMIT)
    assert loop.stop(fakes.LIMIT)
    assert loop.failed is None


def test_an_engine_that_loses_a_result_mixes_nothing_up(
    fakes: Any, ready: Condition, run_loop: Callable[..., InferenceLoop]
) -> None:
    class Lossy(fakes.Engine):  # type: ignore[misc, name-defined]
        def submit(self, images: Any) -> Any:
            pending = super().submit(images)
            if len(images) > 1:
                pending.codes = pending.codes[1:]
            return pending

    boxes = [Mailbox(f"c{n}", live=False, ready=ready, size=9) for n in range(3)]
    for number, box in enumerate(boxes):
        put_all(fakes, box, number, 4)
    delivered = fakes.Delivered()
    loop = run_loop(Lossy(), boxes, delivered)
    assert loop.wait_until_drained(fakes.LIMIT)
    assert delivered.mixed == []
    assert all(delivered.of(b.camera) == [0, 1, 2, 3] for b in boxes)


def test_stop_under_back_pressure(
    fakes: Any, ready: Condition, run_loop: Callable[..., InferenceLoop]
) -> None:
    box = Mailbox("c0", live=False, ready=ready, size=2)
    delivering, go_on, refused = Event(), Event(), Event()

    def read() -> None:
        index = 0
        while box.put(fakes.painted(0, index)):
            index += 1
        refused.set()

    def deliver(frame: Any, detections: Any) -> None:
        delivering.set()
        assert go_on.wait(fakes.LIMIT)

    loop = run_loop(fakes.Engine(), [box], deliver)
    Thread(target=read, daemon=True).start()
    assert delivering.wait(fakes.LIMIT)
    assert not loop.stop(0)
    go_on.set()
    assert loop.stop(fakes.LIMIT)
    assert refused.wait(fakes.LIMIT)
    assert loop.failed is None
    assert box.counts().pending == 0
    assert adds_up(box)
    assert loop.wait_until_drained(fakes.LIMIT)


def test_a_removed_camera_gets_nothing_more_and_the_others_do(
    fakes: Any, ready: Condition, run_loop: Callable[..., InferenceLoop]
) -> None:
    boxes = [Mailbox(f"c{n}", live=False, ready=ready, size=20) for n in range(2)]
    for number, box in enumerate(boxes):
        put_all(fakes, box, number, 12)
    delivered = fakes.Delivered()
    loop: InferenceLoop

    def deliver(frame: Any, detections: Any) -> None:
        delivered(frame, detections)
        if (frame.camera, frame.index) == ("c0", 1):
            loop.remove("c0")

    loop = InferenceLoop(fakes.Engine(batch=2), boxes, deliver, ready=ready)
    loop.start()
    assert loop.wait_until_drained(fakes.LIMIT)
    assert delivered.of("c0") == [0, 1]
    assert delivered.of("c1") == list(range(12))
    assert set(boxes[0].counts().dropped) == {REMOVED, CLOSED}
    assert adds_up(boxes[0])
    with pytest.raises(KeyError, match="c0"):
        loop.remove("c0")
    assert loop.stop(fakes.LIMIT)


def test_drained_waits_for_the_delivery(
    fakes: Any, ready: Condition, run_loop: Callable[..., InferenceLoop]
) -> None:
    box = Mailbox("c0", live=False, ready=ready)
    put_all(fakes, box, 0, 1)
    go_on = Event()
    loop = run_loop(fakes.Engine(), [box], lambda *_: go_on.wait(fakes.LIMIT))
    assert not loop.wait_until_drained(0.05)
    go_on.set()
    assert loop.wait_until_drained(fakes.LIMIT)


def test_boxes_of_a_scaled_picture_are_delivered_in_pixels_of_the_frame(
    fakes: Any, ready: Condition, run_loop: Callable[..., InferenceLoop]
) -> None:
    box, boxes = Mailbox("c3", live=False, ready=ready), []
    painted = fakes.painted(3, 7, width=32, height=24)
    box.put(replace(painted, picture=fakes.Halved(painted.pixels, 64, 96)))
    box.put(painted)
    box.finish()
    loop = run_loop(fakes.Engine(), [box], lambda _, found: boxes.append(found.xyxy.tolist()))
    assert loop.wait_until_drained(fakes.LIMIT)
    assert boxes == [[[0, 0, 16, 4]], [[0, 0, 8, 1]]]


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    asked=st.lists(st.lists(st.booleans(), max_size=25), min_size=1, max_size=6),
    refused=st.sets(st.integers(0, 24), max_size=4),
    batch=st.integers(1, 7),
    depth=st.integers(1, 3),
)
def test_what_stands_for_a_frame_is_its_own_cameras_look_before(
    fakes: Any, asked: list[list[bool]], refused: set[int], batch: int, depth: int
) -> None:
    ready, counters = Condition(), LoopCounters()
    boxes = [Mailbox(f"c{n}", live=False, ready=ready, size=30) for n in range(len(asked))]
    for number, (box, plan) in enumerate(zip(boxes, asked, strict=True)):
        put_all(fakes, box, number, len(plan))
    seen: dict[str, list[tuple[int, int, bool]]] = {box.camera: [] for box in boxes}

    def deliver(frame: Frame, detections: Detections) -> None:
        [name], [[_, _, right, _]] = detections.data["class_name"], detections.xyxy
        assert name == frame.camera
        stands = Look.of(detections).reused
        seen[frame.camera].append((frame.index, int(right) - 1, stands))

    def needed(frame: Frame) -> bool:
        return asked[int(frame.camera[1:])][frame.index]

    engine = fakes.Engine(batch=batch, depth=depth, refuses=lambda _, index: index in refused)
    loop = InferenceLoop(
        engine, boxes, deliver, ready=ready, observer=counters, needed=needed, max_restarts=99
    )
    loop.start()
    assert loop.wait_until_drained(fakes.LIMIT)
    assert loop.stop(fakes.LIMIT)

    for box, plan in zip(boxes, asked, strict=True):
        expected, latest = [], None
        for index, ask in enumerate(plan):
            stands = not ask and latest is not None
            if not stands:  # asked for, or nothing is left to stand for it
                latest = None if index in refused else index
            if latest is not None:
                expected.append((index, latest, stands))
        assert seen[box.camera] == expected
        assert counters.counts().reused.get(box.camera, 0) == sum(s for *_, s in expected)
        assert box.counts().analysed == len(expected)
        assert adds_up(box)


def test_no_look_stands_for_one_beyond_a_seam_of_a_recording(fakes: Any) -> None:
    ready = Condition()
    box = Mailbox("c0", live=False, ready=ready, size=30)
    for index in range(6):
        box.put(replace(fakes.painted(0, index), part=index // 3))
    box.finish()
    seen: list[tuple[int, int, bool]] = []

    def deliver(frame: Frame, detections: Detections) -> None:
        [[_, _, right, _]] = detections.xyxy
        seen.append((frame.index, int(right) - 1, Look.of(detections).reused))

    engine = fakes.Engine(batch=2, depth=2)
    loop = InferenceLoop(engine, [box], deliver, ready=ready, needed=lambda frame: frame.index == 0)
    loop.start()
    assert loop.wait_until_drained(fakes.LIMIT)
    assert loop.stop(fakes.LIMIT)
    assert seen == [
        (0, 0, False), (1, 0, True), (2, 0, True), (3, 3, False), (4, 3, True), (5, 3, True),
    ]  # fmt: skip


def test_an_observer_that_raises_ends_the_loop_with_a_name(
    fakes: Any, ready: Condition, run_loop: Callable[..., InferenceLoop]
) -> None:
    class Clumsy(LoopCounters):
        def batched(self, size: int) -> None:
            raise ZeroDivisionError("no cameras")

    box = Mailbox("c0", live=False, ready=ready)
    put_all(fakes, box, 0, 1)
    loop = run_loop(fakes.Engine(), [box], fakes.Delivered(), observer=Clumsy())
    with pytest.raises(EngineError, match="ZeroDivisionError: no cameras"):
        loop.wait_until_drained(fakes.LIMIT)
    assert box.counts().dropped == {LOOP_ENDED: 1}
    assert adds_up(box)

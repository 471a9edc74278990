"""The inference loop on a served engine: every frame is delivered or dropped by name."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Condition, Thread
from typing import Any

import pytest

from tests.vision.engine_server.conftest import LIMIT, serving
from tests.vision.engine_server.painted import BAD, PaintedEngine, code, painted
from vision.detections import Detections
from vision.engine_server import EngineServerProcess, ServedEngine
from vision.frames import Frame
from vision.loop import InferenceLoop, LoopCounters
from vision.loop.drops import ENGINE_FAILED
from vision.sources.mailbox import Mailbox

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
FRAMES = 150


def frame(camera: int, index: int) -> Frame:
    at = START + timedelta(seconds=index)
    return Frame(painted(camera, index), str(camera), at, index)


def read(box: Mailbox, camera: int) -> None:
    """A recording: each frame waits for room."""
    for index in range(FRAMES):
        box.put(frame(camera, index))
    box.finish()


def run(engine: ServedEngine, deliver: Callable[[Frame, Detections], None], cameras: Any) -> Any:
    ready, counters = Condition(), LoopCounters()
    boxes = {n: Mailbox(str(n), live=False, ready=ready) for n in cameras}
    loop = InferenceLoop(
        engine,
        list(boxes.values()),
        deliver,
        ready=ready,
        observer=counters,
        reopen=partial(ServedEngine, engine._address, return_within_s=LIMIT),
        pause=lambda seconds: None,
    )
    readers = [Thread(target=read, args=(box, n), daemon=True) for n, box in boxes.items()]
    loop.start()
    for reader in readers:
        reader.start()
    try:
        assert loop.wait_until_drained(LIMIT * 2)
    finally:
        assert loop.stop(LIMIT)
        loop.engine.close()
    return {n: box.counts() for n, box in boxes.items()}, counters.counts()


def test_a_bad_frame_costs_only_itself(client: Callable[..., ServedEngine]) -> None:
    seen: list[tuple[int, int]] = []
    with serving(PaintedEngine()) as address:
        counts, _ = run(client(address), lambda f, found: seen.append(code(found)), (1, BAD, 2))
    for camera in (1, 2):
        assert [index for c, index in seen if c == camera] == list(range(FRAMES))
        assert counts[camera].dropped == {}
    assert counts[BAD].dropped == {ENGINE_FAILED: FRAMES}


def test_a_server_killed_again_and_again_loses_no_frame_silently(
    run_server: Callable[..., EngineServerProcess], client: Callable[..., ServedEngine]
) -> None:
    server = run_server()
    seen: dict[int, list[int]] = {1: [], 2: [], 3: []}

    def deliver(frame: Frame, found: Detections) -> None:
        camera, index = code(found)
        assert (str(camera), index) == (frame.camera, frame.index)
        seen[camera].append(index)
        if (camera, index) in ((1, 20), (2, 70)):
            process = server.state.process
            assert process is not None
            os.kill(process, signal.SIGKILL)

    counts, loop = run(client(server.address), deliver, seen)
    assert server.state.restarts == 2
    assert loop.failed == {}, "which a delivery that found another's answer would be in"
    for camera, indexes in seen.items():
        assert indexes == sorted(set(indexes)), "in order, each once"
        lost = sum(counts[camera].dropped.values())
        assert counts[camera].read == FRAMES == len(indexes) + lost
        assert set(counts[camera].dropped) <= {ENGINE_FAILED}
        assert indexes[-1] == FRAMES - 1, "it goes on after the last death"


@pytest.mark.parametrize("stopping", [True, False])
def test_a_loop_whose_server_stays_away_can_be_stopped(
    stopping: bool, run_server: Callable[..., EngineServerProcess]
) -> None:
    server, gone = run_server(), False
    engine = ServedEngine(
        server.address, stopping=lambda: stopping and gone, return_within_s=LIMIT if stopping else 0
    )
    ready = Condition()
    box = Mailbox("1", live=True, ready=ready)
    loop = InferenceLoop(engine, [box], lambda *_: None, ready=ready)
    loop.start()
    server.stop()
    box.put(frame(1, 0))
    gone = True
    assert loop.stop(LIMIT)
    counts = box.counts()
    assert counts.read == 1 == counts.analysed + sum(counts.dropped.values())
    engine.close()

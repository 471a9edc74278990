from __future__ import annotations

from dataclasses import replace

from vision.loop import LoopCounters, LoopCounts, Step
from vision.sources.status import CameraState, CameraStatus
from vision.workers import totals

STATUS = CameraStatus("gate", "rtsp://gate", CameraState.ALIVE, width=640, height=360)


def test_loops_add_up():
    one, other = LoopCounters(), LoopCounters()
    for counters, camera, age in ((one, "gate", 0.2), (other, "yard", 0.7), (other, "yard", 0.8)):
        counters.batched(2)
        counters.spent(Step.INFER, 0.03)
        counters.delivered(camera, age)
    other.failed("yard", ValueError("no"))
    total = totals.of_loops([one.counts(), other.counts()])
    assert total.batches == {2: 3}
    assert total.delivered == {"gate": 1, "yard": 2}
    assert (total.failed, total.last_error) == ({"yard": 1}, {"yard": "no"})
    assert sum(total.spent[Step.INFER].counts) == sum(total.age.counts) == 3
    assert total.age.total == 0.2 + 0.7 + 0.8
    assert total.age_p50_s == other.counts().age_p50_s
    assert totals.of_loops([]) == LoopCounts()


def test_frames_of_a_worker_that_ended_are_dropped_by_name():
    before = replace(STATUS, read=10, analysed=6, dropped={"superseded": 1}, reconnects=1)
    closed = totals.closed(before)
    assert closed.dropped == {"superseded": 1, totals.WORKER_ENDED: 3}
    assert totals.closed(closed) == closed
    now = totals.since(closed, replace(STATUS, read=5, analysed=5, width=0, reconnects=2))
    assert (now.read, now.analysed, now.reconnects, now.width) == (15, 11, 3, 640)
    assert now.read == now.analysed + sum(now.dropped.values())
    assert totals.since(None, STATUS) == STATUS

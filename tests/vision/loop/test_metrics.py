from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Condition
from typing import Any

import pytest

from vision.frames import Clock, Frame
from vision.loop import LoopCounters, Step
from vision.sources.mailbox import Mailbox


def test_counters_count() -> None:
    counters = LoopCounters()
    for size in (4, 4, 1):
        counters.batched(size)
    for seconds in (0.1, 0.2, 30.0):
        counters.spent(Step.INFER, seconds)
    for age in range(101):
        counters.delivered("gate", age / 100)
    counters.delivered("tape", None)
    counters.failed("gate", ValueError("too dark"))
    counters.failed("gate", ValueError())
    counters.restarted(RuntimeError())
    counts = counters.counts()
    assert counts.batches == {4: 2, 1: 1}
    assert counts.frames == 9
    infer = counts.spent[Step.INFER]
    assert infer.total == pytest.approx(30.3)
    assert dict(infer.cumulative())["0.1"] == 1, "a bound belongs to its bucket"
    assert dict(infer.cumulative())["10.0"] == 2
    assert infer.cumulative()[-1] == ("+Inf", 3)
    assert sum(counts.age.counts) == 101, "a recording's frame has none"
    assert counts.delivered == {"gate": 101, "tape": 1}
    assert counts.failed == {"gate": 2}
    assert counts.last_error == {"gate": "ValueError"}
    assert counts.restarts == 1
    assert counts.age_p50_s == pytest.approx(0.5)
    assert counts.age_p95_s == pytest.approx(0.95)


def test_nothing_has_no_age() -> None:
    assert LoopCounters().counts().age_p95_s is None


@pytest.mark.parametrize(
    ("clock", "has_age"),
    [(Clock.ARRIVAL, True), (Clock.STREAM, True), (Clock.MEDIA, False), (Clock.PHOTO, False)],
)
def test_only_frames_on_this_clock_have_an_age(
    fakes: Any, ready: Condition, run_loop: Any, clock: Clock, has_age: bool
) -> None:
    box, counters = Mailbox("c0", live=True, ready=ready), LoopCounters()
    captured = datetime.now(UTC) - timedelta(hours=1)
    box.put(Frame(fakes.painted(0, 0).pixels, "c0", captured, 0, clock))
    box.finish()
    loop = run_loop(fakes.Engine(), [box], fakes.Delivered(), observer=counters)
    assert loop.wait_until_drained(fakes.LIMIT)
    age = counters.counts().age_p50_s
    assert (age is not None and age >= 3600) if has_age else age is None

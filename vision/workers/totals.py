"""Totals: what several loops have done, and what a worker had done that is no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from operator import add
from typing import TypeVar

from vision.loop import LoopCounts
from vision.loop.metrics import Histogram, Step
from vision.sources.status import CameraStatus

Key = TypeVar("Key")

WORKER_ENDED = "worker_ended"
"""Reason of a drop: the process that had the frame ended, and another took its cameras over."""


def of_loops(counts: Iterable[LoopCounts]) -> LoopCounts:
    """The counts of several loops as one; percentiles of ages are the worst loop's."""
    total = LoopCounts()
    for one in counts:
        total = LoopCounts(
            batches=_summed(total.batches, one.batches),
            spent={
                step: _joined(total.spent.get(step), one.spent.get(step))
                for step in Step
                if step in total.spent or step in one.spent
            },
            age=_joined(total.age, one.age),
            delivered=_summed(total.delivered, one.delivered),
            reused=_summed(total.reused, one.reused),
            failed=_summed(total.failed, one.failed),
            last_error=total.last_error | one.last_error,
            restarts=total.restarts + one.restarts,
            age_p50_s=_worse(total.age_p50_s, one.age_p50_s),
            age_p95_s=_worse(total.age_p95_s, one.age_p95_s),
        )
    return total


def closed(status: CameraStatus) -> CameraStatus:
    """The status of a camera whose worker has ended: what was pending there is dropped by name."""
    pending = status.read - status.analysed - sum(status.dropped.values())
    if pending <= 0:
        return status
    return replace(status, dropped=_summed(status.dropped, {WORKER_ENDED: pending}))


def since(before: CameraStatus | None, now: CameraStatus) -> CameraStatus:
    """The status of a camera with what its earlier workers had counted."""
    if before is None:
        return now
    return replace(
        now,
        read=before.read + now.read,
        analysed=before.analysed + now.analysed,
        reused=before.reused + now.reused,
        dropped=_summed(before.dropped, now.dropped),
        reconnects=before.reconnects + now.reconnects,
        processor_s=before.processor_s + now.processor_s,
        width=now.width or before.width,
        height=now.height or before.height,
        last_frame_at=now.last_frame_at or before.last_frame_at,
    )


def _summed(one: Mapping[Key, int], other: Mapping[Key, int]) -> dict[Key, int]:
    return dict(Counter(one) + Counter(other))


def _joined(one: Histogram | None, other: Histogram | None) -> Histogram:
    one, other = one or Histogram(), other or Histogram()
    return Histogram(tuple(map(add, one.counts, other.counts)), one.total + other.total)


def _worse(one: float | None, other: float | None) -> float | None:
    return max((age for age in (one, other) if age is not None), default=None)

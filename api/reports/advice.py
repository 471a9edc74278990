"""Advice: whether a higher threshold would spare people false alarms, and at what cost.

A case below a threshold would not have been raised, as far as its score tells: that is the highest
median of its sightings, and a threshold applies to single detections. So it is advice, from the
verdicts of one period, and only where their number supports it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from api.reports.interval import wilson
from api.reports.schemas import Advice
from api.reports.verdicts import STEP, Verdicts

MOST_LOST: Final = 0.05
"""Share of true cases that may be lost, at the upper end of its interval. Ours."""
LEAST_SPARED: Final = 0.25
"""Share of false alarms that has to go, at the lower end of its interval. Ours."""


def advice(counted: Iterable[Verdicts]) -> list[Advice]:
    """For each camera and kind that people decided about, in order of names."""
    steps: dict[tuple[str, str], dict[str, Counter[int]]] = {}
    for one in counted:
        said = steps.setdefault((one.camera, one.kind), {})
        said.setdefault(one.said, Counter())[one.step] += one.many
    return [
        _of(*of, said.get("confirmed", {}), said.get("false_alarm", {}))
        for of, said in sorted(steps.items())
    ]


def _of(camera: str, kind: str, right: Mapping[int, int], wrong: Mapping[int, int]) -> Advice:
    true, false = sum(right.values()), sum(wrong.values())
    of: dict[str, Any] = {
        "camera": camera,
        "kind": kind,
        "confirmed": true,
        "false_alarms": false,
    }
    if not false:
        return Advice(**of, says="no_false_alarms")
    if not _supported(0, true, false, false):  # even nothing lost and everything spared
        return Advice(**of, says="too_few_verdicts")
    best = Advice(**of, says="keep")
    for step in range(max((*right, *wrong)) + 2):
        lost, spared = _below(right, step), _below(wrong, step)
        # The lowest of those that spare as many.
        if spared > (best.spared or 0) and _supported(lost, true, spared, false):
            threshold = round(step * STEP, 2)
            best = Advice(**of, says="raise", threshold=threshold, spared=spared, lost=lost)
    return best


def _supported(lost: int, true: int, spared: int, false: int) -> bool:
    return wilson(lost, true)[1] <= MOST_LOST and wilson(spared, false)[0] >= LEAST_SPARED


def _below(steps: Mapping[int, int], step: int) -> int:
    return sum(many for at, many in steps.items() if at < step)

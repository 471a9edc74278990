"""Precision: how many of the cases that cameras raise people confirm, by day and by night."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from api.reports.interval import wilson
from api.reports.schemas import PrecisionRow
from api.reports.verdicts import Verdicts


def precision(counted: Iterable[Verdicts]) -> list[PrecisionRow]:
    """By kind, then by camera and kind, each of all, by day and by night, in order of names."""
    sums: dict[tuple[str, str, str], Counter[str]] = {}
    for one in counted:
        for camera in ("", one.camera):
            for light in ("all", one.light) if one.light else ("all",):
                sums.setdefault((camera, one.kind, light), Counter())[one.said] += one.many
    return [_row(*key, said) for key, said in sorted(sums.items())]


def _row(camera: str, kind: str, light: Any, said: Mapping[str, int]) -> PrecisionRow:
    right, wrong = said.get("confirmed", 0), said.get("false_alarm", 0)
    low, high = wilson(right, right + wrong)
    return PrecisionRow(
        camera=camera or None,
        kind=kind,
        light=light,
        confirmed=right,
        false_alarms=wrong,
        others=said.get("other", 0),
        precision=right / (right + wrong) if right + wrong else None,
        low=low,
        high=high,
    )

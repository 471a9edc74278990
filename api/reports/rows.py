"""Rows: what happened in a period, summed for everything and by each of `BY`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from api.reports.facts import ACTIONS, Facts
from api.reports.rates import SIDES, parts, values
from api.reports.schemas import RateRow, Row, Spread
from api.reports.times import times
from vision.site.reports import ENTERED, Rate

BY: Final = ("all", "division", "grid", "kind", "camera", "company")
_COUNTED: Final = {action: name for name, actions in ACTIONS.items() for action in actions}


def rows(facts: Facts, rates: Sequence[Rate]) -> list[Row]:
    """The sums of the facts: for everything first, then by the rest of `BY`, the busiest first."""
    spreads = times(facts, BY)
    made = [_row(*key, sums, rates, spreads.get(key, {})) for key, sums in _summed(facts, rates)]
    made.sort(key=lambda row: (BY.index(row.by), -row.counts["opened"], row.key))
    return made


def rate_rows(facts: Facts, rates: Sequence[Rate]) -> list[RateRow]:
    """The rates alone, for facts of which only what they need was counted."""
    made = [
        RateRow(by=by, key=key, rates=values(sums[len(ENTERED) :].tolist(), rates))
        for (by, key), sums in _summed(facts, rates)
    ]
    made.sort(key=lambda row: (BY.index(row.by), row.key))
    return made


def _summed(facts: Facts, rates: Sequence[Rate]) -> list[tuple[tuple[Any, str], NDArray[np.int64]]]:
    """By everything and each of `BY`: the counts of `ENTERED`, then both sides of each rate."""
    none = np.zeros(len(ENTERED) + len(SIDES) * len(rates), dtype=np.int64)
    summed: dict[tuple[Any, str], NDArray[np.int64]] = {("all", ""): none.copy()}
    for alike, some in facts.items():
        counts = _counts(alike.happened)
        adds = np.array([*counts.values(), *parts(rates, alike, counts)], dtype=np.int64)
        adds *= some.many
        for by in BY:
            key = (by, "" if by == "all" else getattr(alike, by))
            if key[1] is None:  # nobody has said whose truck it is, or it is no truck
                continue
            if key not in summed:
                summed[key] = none.copy()
            summed[key] += adds
    return list(summed.items())


@lru_cache(10_000)
def _counts(happened: str) -> Mapping[str, int]:
    found = Counter(_COUNTED[action] for action in happened.split(","))
    return {name: found[name] for name in ENTERED}


def _row(
    by: Any,
    key: str,
    sums: NDArray[np.int64],
    rates: Sequence[Rate],
    lasted: Mapping[str, Spread],
) -> Row:
    numbers = sums.tolist()
    return Row(
        by=by,
        key=key,
        counts=dict(zip(ENTERED, numbers[: len(ENTERED)], strict=True)),
        rates=values(numbers[len(ENTERED) :], rates),
        to_review=lasted.get("to_review"),
        to_handle=lasted.get("to_handle"),
    )

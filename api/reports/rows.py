"""Rows: what happened in a period, summed for everything and by division, grid, kind, camera."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import RowMapping, String, func, literal, select
from sqlalchemy.orm import Session

from api.reports.facts import FACTS
from api.reports.rates import names, parts, values
from api.reports.schemas import RateRow, RateValue, Row, Spread
from api.reports.times import times
from vision.site.reports import ENTERED, Rate

BY: Final = ("all", "division", "grid", "kind", "camera")


def rows(session: Session, rates: Sequence[Rate]) -> list[Row]:
    """The sums of `FACTS`: for everything first, then by the rest of `BY`, the busiest first."""
    spreads = times(session, BY)
    made = [
        _row(found["by"], found["key"], found, values(found, rates), spreads)
        for found in _summed(session, ENTERED, rates)
    ]
    made.sort(key=lambda row: (BY.index(row.by), -row.counts["opened"], row.key))
    return made or [_row("all", "", dict.fromkeys(ENTERED, 0), values(None, rates), {})]


def rate_rows(session: Session, rates: Sequence[Rate]) -> list[RateRow]:
    """The rates alone, for `FACTS` of which only what they need was counted."""
    made = [
        RateRow(by=found["by"], key=found["key"], rates=values(found, rates))
        for found in _summed(session, (), rates)
    ]
    made.sort(key=lambda row: (BY.index(row.by), row.key))
    return made or [RateRow(by="all", key="", rates=values(None, rates))]


def _summed(
    session: Session, counted: Sequence[str], rates: Sequence[Rate]
) -> Sequence[RowMapping]:
    by_all = [FACTS.c[by] for by in BY[1:]]
    # By all four at once: what is summed again for each of them is few rows then.
    cells = (
        select(
            *by_all,
            *(func.sum(FACTS.c[f"n_{name}"]).label(name) for name in counted),
            *parts(rates),
        )
        .group_by(*by_all)
        .cte("cells")
    )
    sums = [func.sum(cells.c[name]).label(name) for name in (*counted, *names(rates))]
    everything = select(literal("all").label("by"), literal("", String).label("key"), *sums)
    each = [
        select(literal(by).label("by"), cells.c[by].label("key"), *sums).group_by(cells.c[by])
        for by in BY[1:]
    ]
    # Without cells the sum over nothing would be a row of nulls.
    query = everything.having(func.count() > 0).union_all(*each)
    return session.execute(query).mappings().all()


def _row(
    by: Any,
    key: str,
    counts: Any,
    rates: list[RateValue],
    spreads: Mapping[tuple[str, str], Mapping[str, Spread]],
) -> Row:
    lasted = spreads.get((by, key), {})
    return Row(
        by=by,
        key=key,
        counts={name: int(counts[name]) for name in ENTERED},
        rates=rates,
        to_review=lasted.get("to_review"),
        to_handle=lasted.get("to_handle"),
    )

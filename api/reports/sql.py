"""SQL of reports: spans of time as numbers, and days as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, ColumnElement, Integer, String, cast, column, func, values

from api.reports.period import Day
from api.storage.sql import epoch
from api.storage.tables import UtcTime


def seconds(since: ColumnElement[Any], until: ColumnElement[Any]) -> ColumnElement[int]:
    """Whole seconds from one stored time to another."""
    return cast(func.round(epoch(until) - epoch(since)), Integer)


def day_table(days: Sequence[Day]) -> CTE:
    """Days as a table: `day` (ISO), `start`, `end`."""
    rows = [(day.date.isoformat(), day.start, day.end) for day in days]
    named = (column("day", String), column("start", UtcTime), column("end", UtcTime))
    return values(*named, name="given_days").data(rows).cte("days")

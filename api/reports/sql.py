"""SQL that both databases need said differently: instants as numbers, and days as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, ColumnElement, Float, Integer, String, cast, column, func, values
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from api.reports.period import Day
from api.storage.tables import UtcTime


class epoch(GenericFunction[float]):  # noqa: N801 - an SQL function's name
    """Seconds since 1970 of a stored time."""

    type = Float()
    inherit_cache = True


@compiles(epoch, "postgresql")
def _on_postgresql(element: epoch, compiler: SQLCompiler, **kw: Any) -> str:
    return f"EXTRACT(EPOCH FROM {compiler.process(element.clauses, **kw)})"


@compiles(epoch, "sqlite")
def _on_sqlite(element: epoch, compiler: SQLCompiler, **kw: Any) -> str:
    # 2440587.5 is the Julian day of 1970-01-01; a double tells instants of today 40 us apart.
    return f"((julianday({compiler.process(element.clauses, **kw)}) - 2440587.5) * 86400.0)"


def seconds(since: ColumnElement[Any], until: ColumnElement[Any]) -> ColumnElement[int]:
    """Whole seconds from one stored time to another."""
    return cast(func.round(epoch(until) - epoch(since)), Integer)


def day_table(days: Sequence[Day]) -> CTE:
    """Days as a table: `day` (ISO), `start`, `end`."""
    rows = [(day.date.isoformat(), day.start, day.end) for day in days]
    named = (column("day", String), column("start", UtcTime), column("end", UtcTime))
    return values(*named, name="given_days").data(rows).cte("days")

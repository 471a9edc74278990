"""A roll-up as tables: counts of each unit, and its rates with both sides."""

from __future__ import annotations

from api.reports.cells import Cell, Say, Share, Table, rate_cells
from api.reports.rollup import Rollup, UnitRow
from api.reports.words import Language
from vision.site.reports import ENTERED


def of_rollup(report: Rollup, language: Language, say: Say) -> list[Table]:
    """Two tables, each with a line for a unit and the sums at the end."""
    always = {"opened", "confirmed", "rejected", "handled", "closed"}
    shown = [n for n in ENTERED if n in always or report.total.counts[n]]
    named = [say("code"), say(report.level.value)]
    lines = [*report.rows, report.total]

    def head(row: UnitRow) -> list[Cell | Share]:
        if row is report.total:
            return ["", say("all")]
        return [row.code, row.zh if language == "zh" else row.en or row.zh]

    counts = Table(
        say("summary"),
        [*named, *map(say, shown)],
        [[*head(row), *(row.counts[n] for n in shown)] for row in lines],
        2,
    )
    columns = [
        column
        for rate in report.formulas
        for column in (rate.zh if language == "zh" else rate.en, "÷", say("met"))
    ]
    rates = Table(
        say("rates"),
        [*named, *columns],
        [[*head(row), *rate_cells(row.rates, say)] for row in lines],
        2,
    )
    return [counts, rates]

"""Cells: what tables of reports are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from api.reports.schemas import RateValue

Cell = str | int | float | date | None
Say = Callable[[str], str]
"""A word by its name."""


@dataclass(frozen=True, slots=True)
class Share:
    """A fraction that is read as a percentage."""

    value: float


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a title; a cell of None is empty. `numbers`: where columns of numbers begin."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell | Share]]
    numbers: int


def rate_cells(rates: Sequence[RateValue], say: Say) -> list[Cell | Share]:
    """Three cells for each rate: its value, both sides, and whether its target is met."""
    met = {True: say("met"), False: say("missed"), None: None}
    return [
        cell
        for rate in rates
        for cell in (rate_cell(rate, say), f"{rate.numerator} / {rate.denominator}", met[rate.met])
    ]


def rate_cell(rate: RateValue, say: Say) -> Cell | Share:
    """A rate's value, or that nothing happened."""
    return say("no_cases") if rate.value is None else Share(rate.value)

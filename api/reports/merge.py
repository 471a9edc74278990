"""Merge: the roll-ups of several installations as one, such as a city's of its districts'."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from api.errors import CaseError
from api.reports.rollup import Rollup, Sums, UnitRow, total, unit_row
from api.words.said import say
from vision.registers.divisions import DIGITS, at_level


def read_rollup(path: Path) -> Rollup:
    """A roll-up from its JSON file.

    Raises:
        CaseError: it cannot be read, or is none.
    """
    try:
        return Rollup.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise CaseError(say("rollup_unreadable", file=str(path))) from error


def merged(own: Rollup, others: Mapping[str, Rollup]) -> Rollup:
    """Add others' counts to one's own, unit by unit, and work out the rates anew.

    Args:
        own: of the level that is wanted.
        others: by what they are called, such as their file; of that level or a finer one.

    Raises:
        CaseError: one is of another time or counts otherwise, has only coarser units or a part of
            its site, or counts an installation that is counted already.
    """
    rates = own.formulas
    found: dict[str, Sums] = {}
    names = {row.code: (row.zh, row.en) for row in own.rows}
    counted: list[str] = []
    for file, one in {"": own, **others}.items():
        _check(own, file, one, counted)
        counted += one.sites
        for row in one.rows:
            code = at_level(row.code, own.level)
            found.setdefault(code, Sums()).add(row.counts, _sides(row))
            if code == row.code:
                names.setdefault(code, (row.zh, row.en))
    complete = own.complete and all(one.complete for one in others.values())
    rows = [
        unit_row(code, sums, rates, names.get(code, ("", "")))
        for code, sums in sorted(found.items())
    ]
    sums = {"total": total(found.values(), rates), "rows": rows}
    return own.model_copy(update={**sums, "sites": counted, "complete": complete})


def _check(own: Rollup, file: str, one: Rollup, counted: list[str]) -> None:
    if (one.period.start, one.period.end) != (own.period.start, own.period.end):
        raise CaseError(
            say("rollup_other_time", file=file, period=one.period.name, wanted=own.period.name)
        )
    if DIGITS[one.level] < DIGITS[own.level]:
        raise CaseError(
            say("rollup_coarser", file=file, level=one.level.value, wanted=own.level.value)
        )
    if one.formulas != own.formulas:
        raise CaseError(say("rollup_formulas", file=file))
    if one.within is not None:
        raise CaseError(say("rollup_within", file=file, division=one.within.code))
    if twice := set(one.sites) & set(counted):
        raise CaseError(say("rollup_twice", file=file, site=min(twice)))


def _sides(row: UnitRow) -> list[int]:
    return [side for rate in row.rates for side in (rate.numerator, rate.denominator)]

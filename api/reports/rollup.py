"""Rollup: what happened in a period, summed for each unit of a level of the tree of divisions.

Counts and rates alone: they add up, from streets to a province and from one installation to the
next, which medians do not. A rate of a sum is worked out from the summed counts of both sides,
never from rates. SQL sums by division; how many divisions there are, and not how many cases, says
what is left to do here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.access.roles import Principal
from api.cases.scope import scoped
from api.reports.facts import ACTIONS, Alike, happened
from api.reports.period import Period
from api.reports.rates import parts, values
from api.reports.schemas import Part, PeriodView, RateValue, Within
from api.storage.tables import CaseRow, LogRow
from vision.registers.divisions import DivisionNames, Level, at_level, level_of
from vision.site.reports import ENTERED, Rate

_NAME_OF: Final = {action: name for name, actions in ACTIONS.items() for action in actions}
_ONCE: Final = dict.fromkeys(ENTERED, 0) | {"confirmed": 1}


class UnitRow(Part):
    """What happened in the period in one unit; `level` is its own: null for a site's own code.

    A case whose division is wider than the level that was asked for counts for that division.
    """

    code: str
    level: Level | None
    zh: str
    en: str
    counts: dict[str, int] = Field(examples=[{"opened": 12, "confirmed": 9, "rejected": 3}])
    rates: list[RateValue]


class Rollup(Part):
    """A period's sums for each unit of a level, by code, and of all of them.

    `sites` are the ids of the installations whose cases are in it, as their records have them, each
    counted once. `formulas` are those of the rates: what was counted by others cannot be added.
    """

    site: str
    division: str
    within: Within | None = None
    period: PeriodView
    made_at: datetime
    complete: bool
    level: Level
    sites: list[str]
    formulas: list[Rate]
    total: UnitRow
    rows: list[UnitRow]


@dataclass(slots=True)
class Sums:
    """The sums of one unit: each of `ENTERED`, and both sides of each rate, one after the other."""

    counts: Counter[str] = field(default_factory=Counter)
    sides: list[int] = field(default_factory=list)

    def add(self, counts: Mapping[str, int], sides: Sequence[int]) -> None:
        """Add another's, or a part."""
        self.counts.update(counts)
        self.sides = [a + b for a, b in zip(self.sides or [0] * len(sides), sides, strict=True)]


def summed(
    session: Session, who: Principal, period: Period, rates: Sequence[Rate], level: Level
) -> dict[str, Sums]:
    """The sums of each unit of a level, as far as somebody sees.

    Args:
        session: of a reading transaction.
        who: whose scope it is.
        period: the reported time.
        rates: the site's.
        level: of the units.
    """
    found: dict[str, Sums] = {}

    def add(division: str, counts: Mapping[str, int], sides: Sequence[int]) -> None:
        found.setdefault(at_level(division, level), Sums()).add(counts, sides)

    for division, kind, subtype, action, many in session.execute(_entered(who, period)):
        counts = dict.fromkeys(ENTERED, 0) | {_NAME_OF[action]: many}
        add(
            division,
            {_NAME_OF[action]: many},
            _sides(rates, "entered", _alike(kind, subtype), counts),
        )
    for division, kind, subtype, stage, outcome, many in session.execute(_standing(who, period)):
        alike = _alike(kind, subtype)._replace(stage=stage, outcome=outcome)
        one = _sides(rates, "standing", alike, _ONCE)
        add(division, {}, [many * part for part in one])
    return found


def unit_row(
    code: str, sums: Sums, rates: Sequence[Rate], names: tuple[str, str] = ("", "")
) -> UnitRow:
    """A unit's sums with what its rates come to; `names` are Chinese and English."""
    return UnitRow(
        code=code,
        level=level_of(code),
        zh=names[0],
        en=names[1],
        counts={name: sums.counts[name] for name in ENTERED},
        rates=values(sums.sides or [0] * (2 * len(rates)), rates),
    )


def rollup(
    found: Mapping[str, Sums],
    rates: Sequence[Rate],
    level: Level,
    names: DivisionNames,
    head: Mapping[str, Any],
) -> Rollup:
    """The report of these sums; `head` is what stands above it."""
    rows = [
        unit_row(code, sums, rates, (names.name(code, "zh"), names.name(code, "en")))
        for code, sums in sorted(found.items())
    ]
    return Rollup(
        **head, level=level, formulas=list(rates), total=total(found.values(), rates), rows=rows
    )


def total(found: Iterable[Sums], rates: Sequence[Rate]) -> UnitRow:
    """The sum of all units."""
    whole = Sums()
    for sums in found:
        whole.add(sums.counts, sums.sides)
    return unit_row("", whole, rates)


def _alike(kind: str, subtype: str) -> Alike:
    return Alike("", "", kind, "", subtype, "", None, None, "")


def _sides(rates: Sequence[Rate], of: str, alike: Alike, counts: Mapping[str, int]) -> list[int]:
    """What both sides of each rate get; of rates of the other sort nothing."""
    wanted = [rate for rate in rates if rate.of == of]
    given = iter(parts(wanted, alike, counts))
    return [next(given) if rate.of == of else 0 for rate in rates for _ in range(2)]


def _entered(who: Principal, period: Period) -> Any:
    """How often each thing happened: by division, kind, sub-type, action."""
    by = (CaseRow.division, CaseRow.kind, CaseRow.subtype, LogRow.action)
    query = (
        select(*by, func.count())
        .join(LogRow, LogRow.case_id == CaseRow.id)
        .where(happened(period, tuple(_NAME_OF)))
        .group_by(*by)
    )
    return scoped(query, who)


def _standing(who: Principal, period: Period) -> Any:
    """Where the cases stand that were confirmed in the period, each once."""
    by = (CaseRow.division, CaseRow.kind, CaseRow.subtype, CaseRow.stage, CaseRow.outcome)
    confirmed = select(LogRow.case_id).where(happened(period, ("confirmed",)))
    query = select(*by, func.count()).where(CaseRow.id.in_(confirmed)).group_by(*by)
    return scoped(query, who)

"""Rates: the site's own formulas as SQL, and what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_

from api.reports.facts import FACTS
from api.reports.schemas import RateValue
from vision.site.reports import Rate

SIDES = ("numerator", "denominator")


def parts(rates: Sequence[Rate]) -> list[ColumnElement[Any]]:
    """The sums of `FACTS` that the rates are made of, in `names`' order."""
    return [
        func.sum(_part(rate, getattr(rate, side))).label(name)
        for name, (rate, side) in zip(
            names(rates), ((rate, side) for rate in rates for side in SIDES), strict=True
        )
    ]


def names(rates: Sequence[Rate]) -> list[str]:
    """What those sums are called."""
    return [f"{side}_{place}" for place in range(len(rates)) for side in SIDES]


def values(found: Any, rates: Sequence[Rate]) -> list[RateValue]:
    """What each rate comes to, from a row with those sums; None: nothing happened."""
    return [
        _value(
            rate,
            int(found[f"numerator_{place}"]) if found else 0,
            int(found[f"denominator_{place}"]) if found else 0,
        )
        for place, rate in enumerate(rates)
    ]


def _value(rate: Rate, over: int, under: int) -> RateValue:
    # Nothing to handle is no rate of 0 or 100 %, and neither met nor missed.
    value = over / under if under > 0 else None
    met = None if value is None or rate.target is None else value >= rate.target
    return RateValue(
        name=rate.name, numerator=over, denominator=under, value=value, target=rate.target, met=met
    )


def _part(rate: Rate, said: Sequence[str]) -> ColumnElement[Any]:
    """What a case adds to one side of a rate."""
    part: ColumnElement[Any] = reduce(add, (_signed(rate, name) for name in said))
    wanted: list[ColumnElement[bool]] = []
    if rate.of == "standing":
        wanted.append(FACTS.c.n_confirmed > 0)
    if rate.of_matters:
        wanted.append(or_(*(_matter(m.kind, m.subtype) for m in rate.of_matters)))
    return case((and_(*wanted), part), else_=0) if wanted else part


def _signed(rate: Rate, said: str) -> ColumnElement[Any]:
    sign, name = (-1, said[1:]) if said.startswith("-") else (1, said)
    if rate.of == "entered":
        return sign * FACTS.c[f"n_{name}"]
    return case((_stands(name), sign), else_=0)


def _matter(kind: str, subtype: str | None) -> ColumnElement[bool]:
    of_kind = FACTS.c.kind == kind
    return of_kind if subtype is None else and_(of_kind, FACTS.c.subtype == subtype)


def _stands(name: str) -> ColumnElement[bool]:
    if name == "all":
        return FACTS.c.case_id.is_not(None)
    if name.startswith("closed_"):
        return and_(FACTS.c.stage == "closed", FACTS.c.outcome == name.removeprefix("closed_"))
    return FACTS.c.stage == name

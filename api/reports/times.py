"""Times: how long review and handling took, as median and 90th percentile, worked out in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Select, String, case, func, literal, or_, select
from sqlalchemy.orm import Session

from api.reports.facts import FACTS
from api.reports.schemas import Spread


def times(session: Session, by: Iterable[str]) -> Mapping[tuple[str, str], Mapping[str, Spread]]:
    """The spread of each time in `FACTS`, by what it is broken down by, and by its name."""
    first, *more = (_spread(what, one) for what in ("to_review", "to_handle") for one in by)
    found: dict[tuple[str, str], dict[str, Spread]] = {}
    for one, key, what, many, median, p90 in session.execute(first.union_all(*more)):
        spread = Spread(cases=many, median_s=float(median), p90_s=float(p90))
        found.setdefault((one, key), {})[what] = spread
    return found


def _spread(what: str, by: str) -> Select[Any]:
    key = literal("", String) if by == "all" else FACTS.c[by]
    # A constant to partition by would be one more thing for the database to sort.
    among: dict[str, Any] = {} if by == "all" else {"partition_by": key}
    lasted = FACTS.c[what]
    ranked = (
        select(
            key.label("key"),
            lasted.label("lasted"),
            func.row_number().over(order_by=lasted, **among).label("place"),
            func.count().over(**among).label("many"),
        )
        .where(lasted.is_not(None))
        .subquery()
    )
    r = ranked.c
    middle = r.place.in_(((r.many + 1) // 2, r.many // 2 + 1))
    # The nearest rank: the least that nine in ten do not exceed.
    ninth = r.place == (9 * r.many + 9) // 10
    return (
        select(
            literal(by).label("by"),
            r.key,
            literal(what).label("what"),
            func.max(r.many),
            func.avg(case((middle, r.lasted))),
            func.max(case((ninth, r.lasted))),
        )
        .where(or_(middle, ninth))
        .group_by(r.key)
    )

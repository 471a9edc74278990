"""Places: where a person confirmed more than one case of a kind in a period."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from api.access.roles import Principal
from api.cases.scope import scoped
from api.reports.facts import happened
from api.reports.period import Period
from api.reports.schemas import RepeatPlace
from api.storage.tables import CaseRow, LogRow

MOST = 100
"""Places of a report: more than anybody visits in a month."""


def repeat_places(
    session: Session, who: Principal, period: Period, fixed: Collection[str]
) -> list[RepeatPlace]:
    """The places with the most confirmed cases first, at most `MOST`.

    Args:
        session: of a reading transaction.
        who: whose scope it is.
        period: in which a person confirmed them.
        fixed: the cameras whose zones are places; what another one saw is placed by its grid.
    """
    c = CaseRow
    stands = c.camera.in_(fixed)
    nowhere = or_(c.asset.is_not(None), ~stands)
    camera = case((nowhere, ""), else_=c.camera)
    zone = case((nowhere, ""), else_=c.zone)
    grid = case((or_(c.asset.is_not(None), stands), ""), else_=c.grid)
    returned = func.coalesce(func.json_array_length(c.prior_cases), 0) > 0
    query = scoped(
        select(
            c.kind,
            c.asset,
            func.min(c.camera).label("camera"),
            func.min(c.zone).label("zone"),
            func.min(c.grid).label("grid"),
            func.min(c.address).label("address"),
            func.count().label("cases"),
            func.sum(case((returned, 1), else_=0)).label("prior"),
            func.max(LogRow.at).label("latest"),
        )
        .join(LogRow, LogRow.case_id == c.id)
        .where(happened(period, ("confirmed",)))
        .where(or_(c.asset.is_not(None), stands, c.grid != ""))
        .group_by(c.kind, c.asset, camera, zone, grid)
        .having(func.count() > 1)
        .order_by(func.count().desc(), func.max(LogRow.at).desc(), c.kind)
        .limit(MOST),
        who,
    )
    return [RepeatPlace.model_validate(dict(row)) for row in session.execute(query).mappings()]

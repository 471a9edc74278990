"""Verdicts: what people said in a period of the cases that cameras raised, counted in SQL.

A verdict is a person's decision that was not undone. False alarms are the rejections as
`false_positive`; what was permitted, a duplicate, not visible or of no legal basis says nothing
about the detector and is counted apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Integer,
    case,
    cast,
    column,
    func,
    literal,
    null,
    select,
    values,
)
from sqlalchemy.orm import Session

from api.access.roles import Principal
from api.cases.scope import scoped
from api.reports.facts import DECISIONS, happened
from api.reports.period import Period
from api.reports.sql import epoch
from api.reports.sun import DAY_S, WEEK_S, YEAR_S, weeks
from api.storage.tables import CaseRow, LogRow
from vision.site import Site

STEP: Final = 0.05
"""Between scores that are told apart: finer ones would be chosen by chance."""
Said = Literal["confirmed", "false_alarm", "other"]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """How many verdicts were alike: of which cases, in which light, on which step of the score.

    `light` is None where nobody knows where the site is; `step` counts `STEP`s, rounded down.
    """

    camera: str
    kind: str
    light: Literal["day", "night"] | None
    step: int
    said: Said
    many: int


def verdicts(session: Session, who: Principal, period: Period, site: Site) -> list[Verdicts]:
    """The verdicts of the period on the cases that the key sees."""
    sun = _sun(site)
    light: ColumnElement[Any] = null() if sun is None else _light(sun)
    said = case(
        (LogRow.action == "confirmed", "confirmed"),
        (LogRow.reason == "false_positive", "false_alarm"),
        else_="other",
    )
    # A score of 0.30 is stored as 0.3 or a little less.
    step = cast(func.round((CaseRow.score + 1e-9) / STEP - 0.5), Integer)
    of = (
        CaseRow.camera,
        CaseRow.kind,
        light.label("light"),
        step.label("step"),
        said.label("said"),
    )
    query = select(*of, func.count()).join(LogRow, LogRow.case_id == CaseRow.id)
    if sun is not None:
        query = query.join(sun, sun.c.week == cast(_instant() % YEAR_S // WEEK_S, Integer))
    query = scoped(query.where(happened(period, DECISIONS)), who)
    query = query.group_by(CaseRow.camera, CaseRow.kind, "light", "step", "said")
    return [Verdicts(*row) for row in session.execute(query)]


def _sun(site: Site) -> CTE | None:
    """The sun over the middle of the site's cameras; None where none of them has a place.

    A city is some tens of kilometres wide: less than two minutes of sun.
    """
    places = [camera.place for camera in site.cameras if camera.place is not None]
    if not places:
        return None
    lon = sum(place.lon for place in places) / len(places)
    lat = sum(place.lat for place in places) / len(places)
    named = (column("week", Integer), column("sunrise", Integer), column("daylight", Integer))
    rows = [(week.number, week.sunrise, week.daylight) for week in weeks(lon, lat)]
    return values(*named, name="given_weeks").data(rows).cte("sun")


def _instant() -> ColumnElement[int]:
    return cast(epoch(CaseRow.confirmed_at), BigInteger)


def _light(sun: CTE) -> ColumnElement[Any]:
    since = (_instant() % DAY_S - sun.c.sunrise + DAY_S) % DAY_S
    return case((since < sun.c.daylight, literal("day")), else_=literal("night"))

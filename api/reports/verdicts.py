"""Verdicts: what people said in a period of the cases that cameras raised.

A verdict is a person's decision that was not undone. False alarms are the rejections as
`false_positive`; what was permitted, a duplicate, not visible or of no legal basis says nothing
about the detector and is counted apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Select, case, cast, select
from sqlalchemy.orm import Session

from api.access.roles import Principal
from api.cases.scope import scoped
from api.reports.facts import DECISIONS, happened
from api.reports.period import Period
from api.reports.sun import DAY_S, WEEK_S, YEAR_S, weeks
from api.storage.sql import epoch
from api.storage.tables import CaseRow, LogRow
from vision.site import Site

STEP: Final = 0.05
"""Between scores that are told apart: finer ones would be chosen by chance."""
Said = Literal["confirmed", "false_alarm", "other"]
Light = Literal["day", "night"]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """How many verdicts were alike: of which cases, in which light, on which step of the score.

    `light` is None where nobody knows where the site is; `step` counts `STEP`s, rounded down.
    """

    camera: str
    kind: str
    light: Light | None
    step: int
    said: Said
    many: int


def verdicts(session: Session, who: Principal, period: Period, site: Site) -> list[Verdicts]:
    """The verdicts of the period on the cases that the key sees."""
    of: dict[tuple[str, str], int] = {}
    read = [
        (of.setdefault((camera, kind), len(of)), said, score, seen)
        for camera, kind, said, score, seen in session.connection().execute(_query(who, period))
    ]
    if not read:
        return []
    sorts, said, score, seen = np.array(read, dtype=np.float64).T
    # A score of 0.30 is stored as 0.3 or a little less.
    step = np.floor((score + 1e-9) / STEP)
    alike = np.stack((sorts, _light(seen, site), step, said)).astype(np.int64)
    # One number for each sort of verdict is sorted far faster than four.
    size = alike.max(axis=1) + 2
    found, many = np.unique(np.ravel_multi_index(tuple(alike + 1), tuple(size)), return_counts=True)
    named, saids = list(of), get_args(Said)
    lights: tuple[Light | None, ...] = (None, *get_args(Light))
    return [
        Verdicts(
            named[sort - 1][0], named[sort - 1][1], lights[light], step - 1, saids[said - 1], number
        )
        for sort, light, step, said, number in zip(
            *(part.tolist() for part in np.unravel_index(found, tuple(size))),
            many.tolist(),
            strict=True,
        )
    ]


def _query(who: Principal, period: Period) -> Select[Any]:
    """Of each verdict: camera, kind, place in `Said`, score, and when the case was seen."""
    said = case((LogRow.action == "confirmed", 0), (LogRow.reason == "false_positive", 1), else_=2)
    seen = cast(epoch(CaseRow.confirmed_at), BigInteger)
    query = select(CaseRow.camera, CaseRow.kind, said, CaseRow.score, seen)
    query = query.join(LogRow, LogRow.case_id == CaseRow.id).where(happened(period, DECISIONS))
    return scoped(query, who)


def _light(seen: NDArray[np.float64], site: Site) -> NDArray[np.float64]:
    """Places in `Light` by the sun over the middle of the site's cameras; -1: nobody knows where.

    A city is some tens of kilometres wide: less than two minutes of sun.
    """
    places = [camera.place for camera in site.cameras if camera.place is not None]
    if not places:
        return np.full(len(seen), -1.0)
    lon = sum(place.lon for place in places) / len(places)
    lat = sum(place.lat for place in places) / len(places)
    sun = np.array([(week.sunrise, week.daylight) for week in weeks(lon, lat)])
    sunrise, daylight = sun[(seen % YEAR_S // WEEK_S).astype(np.int64)].T
    return np.where((seen - sunrise) % DAY_S < daylight, 0.0, 1.0)

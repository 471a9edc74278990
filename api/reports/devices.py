"""Devices: how many captures each camera made, and on which days far more than it is used to.

A capture is a sighting: an episode that a rule confirmed, on the day on which it did by the
camera's clock. A day is an outlier where it is further above the median of the camera's own
`HISTORY` days before it than `FAR` times their spread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from api.access.roles import Principal
from api.cases.scope import scoped
from api.reports.period import Day, Period
from api.reports.schemas import DeviceRow, Outlier
from api.reports.sql import day_table
from api.storage.tables import CaseRow, SightingRow

HISTORY: Final = 28
"""Days before a day that it is held against: four whole weeks, so that weekdays weigh the same."""
SHORTEST: Final = 14
"""Days of history below which nothing is said: two of each weekday. Ours."""
FAR: Final = 3.5
"""Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993): |modified z-score| > 3.5."""
_MAD_TO_SD: Final = 1.4826
"""Of a normal distribution: 1 / 0.6745, as there."""


def devices(
    session: Session, who: Principal, period: Period, cameras: Sequence[str]
) -> tuple[list[DeviceRow], list[Outlier]]:
    """Each camera's captures, and its outliers, in the order of the cameras' names.

    Args:
        session: of a reading transaction.
        who: whose scope it is.
        period: the reported time.
        cameras: those of the site that they see, which are listed even if they captured nothing.
    """
    days = period.days(before=HISTORY)
    counted = _counted(session, who, days)
    began = _began(session, who)
    rows: list[DeviceRow] = []
    found: list[Outlier] = []
    for camera in sorted({*cameras, *counted}):
        if not who.sees_camera(camera):
            continue
        captures = np.array([counted.get(camera, {}).get(str(d.date), 0) for d in days])
        served = np.array([camera in began and began[camera] < day.end for day in days])
        usual, limit = _limits(captures, served)
        now = slice(HISTORY, None)
        far = captures[now] > limit
        found += [
            Outlier(
                camera=camera,
                day=day.date,
                captures=int(captures[HISTORY + n]),
                usual=float(usual[n]),
                limit=round(float(limit[n]), 1),
            )
            for n, day in enumerate(days[now])
            if far[n]
        ]
        rows.append(
            DeviceRow(
                camera=camera,
                captures=int(captures[now].sum()),
                median=float(np.median(captures[now])),
                most=int(captures[now].max()),
                judged_days=int(np.isfinite(limit).sum()),
                outliers=int(far.sum()),
            )
        )
    return rows, found


def _limits(
    captures: NDArray[np.int_], served: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each day after the first `HISTORY`: the median before it, and what is too far above it.

    The limit is infinite where the camera has served for too few days. Counts as small as most
    cameras' have no spread by their MAD: then a count's own, its square root, and never below 1.
    """
    known = np.where(served, captures, np.nan)
    before = np.lib.stride_tricks.sliding_window_view(known, HISTORY)[:-1]
    enough = np.isfinite(before).sum(axis=1) >= SHORTEST
    safe = np.where(enough[:, None], before, 0.0)
    usual = _medians(safe)
    mad = _medians(np.abs(safe - usual[:, None]))
    spread = np.maximum(np.maximum(_MAD_TO_SD * mad, np.sqrt(usual)), 1.0)
    return usual, np.where(enough, usual + FAR * spread, np.inf)


def _medians(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    # Leaving out what is unknown is slow, and only a camera's first weeks need it.
    found = np.median(rows, axis=1)
    partly = np.isnan(found)
    found[partly] = np.nanmedian(rows[partly], axis=1) if partly.any() else 0.0
    return found


def _counted(
    session: Session, who: Principal, days: Sequence[Day]
) -> Mapping[str, Mapping[str, int]]:
    table = day_table(days)
    at = SightingRow.confirmed_at
    query = (
        select(SightingRow.camera, table.c.day, func.count())
        .select_from(table)
        .join(SightingRow, and_(at >= table.c.start, at < table.c.end))
        .group_by(SightingRow.camera, table.c.day)
    )
    query = _of_whom(query, who)
    counted: dict[str, dict[str, int]] = {}
    for camera, day, many in session.execute(query):
        counted.setdefault(camera, {})[day] = many
    return counted


def _began(session: Session, who: Principal) -> Mapping[str, datetime]:
    """Each camera's first capture ever: before it there is no history."""
    first = func.min(SightingRow.confirmed_at).label("began")
    query = select(SightingRow.camera, first).group_by(SightingRow.camera)
    query = _of_whom(query, who)
    return {row.camera: row.began for row in session.execute(query)}


def _of_whom(query: Any, who: Principal) -> Any:
    """Of the key's scope but its cameras: a sighting of one of them is in it, whoever else saw it.

    Which cameras are told is `devices`' to say, and without another limit no case has to be read.
    """
    whose = replace(who, cameras=None)
    if not whose.limited:
        return query
    return scoped(query.join(CaseRow, CaseRow.id == SightingRow.case_id), whose)

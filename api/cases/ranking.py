"""Ranking: what a minute of a reviewer is worth at each case that waits, as a sum in SQL.

The unit is an hour of waiting: one point. Whatever else counts is worth as many hours of head
start, and no more, so nothing starves: without a deadline the head start is 34 at most.

- `waiting`: 1 for each hour since the case was made. Who came first is seen first, all else equal.
- `score`: 10 times the median score. What is likely true earns more than a likely false alarm.
- `ongoing`: 8 while a camera still holds it. Somebody can still be sent: a working day.
- `repeat`: 4 for each of its prior cases that people confirmed, 3 at most. It was so before.
- `opinion_yes`, `opinion_no`: 4 more, or 4 less, where a model said so (`api.opinions`); unsure, or
  not asked, is 0. Half a working day: a model that errs shifts a case by that, and hides none.
- `overdue`, `due_soon`: 24 less the hours left to its deadline, 48 at most. The last day counts
  double.

These are constants: they weigh the same things against each other everywhere, and a bureau that
wants a matter seen sooner gives it a deadline (`deadlines: {pending_review: …}` of its matter).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, case, literal

from api.cases.opinion import Answer
from api.cases.parts import Part
from api.storage.sql import epoch
from api.storage.tables import CaseRow

SCORE = 10.0
"""Points from the surest false alarm to the surest violation."""
ONGOING = 8.0
REPEAT, MOST_REPEATS = 4.0, 3
"""Points for each confirmed case, and how many count: the fourth says nothing new."""
OPINION = 4.0
"""Points for a model's yes, and less for its no."""
LAST_DAY_H = 24.0
"""Hours before a deadline from which on it counts; as long after it, it counts no more on top."""
_HOUR_S = 3600.0
_TOLD = 1.0
"""Points from which on a part is told as a reason: an hour."""


class Because(StrEnum):
    """Why a case stands where it does in the queue."""

    OVERDUE = "overdue"
    DUE_SOON = "due_soon"
    """Within `LAST_DAY_H` hours."""
    SCORE = "score"
    ONGOING = "ongoing"
    REPEAT = "repeat"
    OPINION_YES = "opinion_yes"
    OPINION_NO = "opinion_no"
    """It is why the case stands further down."""
    WAITING = "waiting"


class Rank(Part):
    """What a minute is worth at a case, in points, and what makes it so, the weightiest first."""

    value: float
    because: list[Because]


def parts(now: datetime) -> Mapping[Because, ColumnElement[float]]:
    """The points of a case by their reason, at this time (UTC)."""
    at = literal(now.timestamp())
    left_h = (epoch(CaseRow.deadline_at) - at) / _HOUR_S
    waited_h = (at - epoch(CaseRow.created_at)) / _HOUR_S
    last_day = LAST_DAY_H - left_h
    late = case((left_h < -LAST_DAY_H, 2 * LAST_DAY_H), (left_h < 0, last_day), else_=0.0)
    most = CaseRow.repeats > MOST_REPEATS
    counted = case((most, MOST_REPEATS), else_=CaseRow.repeats)
    return {
        Because.OVERDUE: late,
        Because.DUE_SOON: case((left_h.between(0, LAST_DAY_H), last_day), else_=0.0),
        Because.SCORE: SCORE * CaseRow.score,
        Because.ONGOING: case((CaseRow.ended_at.is_(None), ONGOING), else_=0.0),
        Because.REPEAT: REPEAT * counted,
        Because.OPINION_YES: case((CaseRow.opinion_says == Answer.YES.value, OPINION), else_=0.0),
        Because.OPINION_NO: case((CaseRow.opinion_says == Answer.NO.value, -OPINION), else_=0.0),
        Because.WAITING: case((waited_h > 0, waited_h), else_=0.0),  # a clock may be set back
    }


def value(points: Mapping[Because, ColumnElement[float]]) -> ColumnElement[float]:
    """The sum of all parts."""
    first, *others = points.values()
    for one in others:
        first = first + one
    return first


def rank(points: Mapping[Because, float]) -> Rank:
    """A case's rank, from the points that SQL worked out."""
    told = sorted((p for p in points if abs(points[p]) >= _TOLD), key=lambda p: -abs(points[p]))
    return Rank(value=round(sum(points.values()), 1), because=told)

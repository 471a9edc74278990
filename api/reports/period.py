"""Period: a local day, ISO week, month or year, and where it lies in time.

A day lasts from its first instant at the site to the next day's first: 23, 25 or 24.5 hours where
the clocks are changed, and none where a zone has left a date out. Where midnight is skipped, the
first instant is the one at which the clocks were put forward; where it comes twice, the first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from api.errors import CaseError
from api.words.said import say

FIRST_YEAR, LAST_YEAR = 1970, 2199
"""No camera is older, and within them no instant leaves the calendar in any zone."""


class Span(StrEnum):
    """How long a period is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


_WRITTEN: Mapping[Span, re.Pattern[str]] = {
    Span.DAY: re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})"),
    Span.WEEK: re.compile(r"([0-9]{4})-W([0-9]{2})"),
    Span.MONTH: re.compile(r"([0-9]{4})-([0-9]{2})"),
    Span.YEAR: re.compile(r"([0-9]{4})"),
}
_LIKE = {Span.DAY: "2026-05-21", Span.WEEK: "2026-W21", Span.MONTH: "2026-05", Span.YEAR: "2026"}


@dataclass(frozen=True, slots=True)
class Day:
    """A local day: from `start` to below `end` (UTC)."""

    date: date
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` to `last` (local dates, both included) in a zone."""

    span: Span
    first: date
    last: date
    zone: ZoneInfo

    @classmethod
    def of(cls, span: Span, day: date, zone: ZoneInfo) -> Period:
        """The period of this length that a local date lies in."""
        if span is Span.WEEK:
            first = day - timedelta(days=day.weekday())
            return cls(span, first, first + timedelta(days=6), zone)
        if span is Span.MONTH:
            first = day.replace(day=1)
            after = (first + timedelta(days=31)).replace(day=1)
            return cls(span, first, after - timedelta(days=1), zone)
        if span is Span.YEAR:
            return cls(span, date(day.year, 1, 1), date(day.year, 12, 31), zone)
        return cls(span, day, day, zone)

    @classmethod
    def parse(cls, text: str, zone: ZoneInfo, span: Span | None = None) -> Period:
        """`2026-05-21`, `2026-W21`, `2026-05` or `2026`.

        Args:
            text: as above.
            zone: the site's.
            span: the length that is wanted: then `text` may also be any day of it.

        Raises:
            CaseError: it is none of these, or not of this length.
        """
        for written, pattern in _WRITTEN.items():
            found = pattern.fullmatch(text)
            if found is not None and span in {None, written} | ({span} & _BY_DAY[written]):
                return cls.of(span or written, _first_day(written, text, found), zone)
        wanted = [_LIKE[s] for s in (Span if span is None else dict.fromkeys((span, Span.DAY)))]
        raise CaseError(say("time_unknown", text=text[:20], forms=wanted))

    @property
    def name(self) -> str:
        """As it is written: `2026-05-21`, `2026-W21`, `2026-05` or `2026`."""
        year, week, _ = self.first.isocalendar()
        return {
            Span.DAY: f"{self.first}",
            Span.WEEK: f"{year:04d}-W{week:02d}",
            Span.MONTH: f"{self.first:%Y-%m}",
            Span.YEAR: f"{self.first:%Y}",
        }[self.span]

    @property
    def start(self) -> datetime:
        """Its first instant, UTC."""
        return first_instant(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The first instant after it, UTC."""
        return first_instant(self.last + timedelta(days=1), self.zone)

    def days(self, before: int = 0) -> Sequence[Day]:
        """Its days in order, with so many of those before it."""
        count = (self.last - self.first).days + 1 + before
        dates = [self.first + timedelta(days=n - before) for n in range(count + 1)]
        starts = [first_instant(day, self.zone) for day in dates]
        return [Day(*of) for of in zip(dates[:-1], starts[:-1], starts[1:], strict=True)]


_BY_DAY: Mapping[Span, frozenset[Span | None]] = {
    written: frozenset(Span) if written is Span.DAY else frozenset() for written in Span
}
"""Which lengths a way of writing names besides its own: a day lies in each."""


def first_instant(day: date, zone: ZoneInfo) -> datetime:
    """When a local day begins, UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _first_day(written: Span, text: str, found: re.Match[str]) -> date:
    year, *rest = (int(number) for number in found.groups())
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise CaseError(say("year_out_of_range", text=text, first=FIRST_YEAR, last=LAST_YEAR))
    month, day, *_ = (*rest, 1, 1)
    try:
        if written is Span.WEEK:
            return date.fromisocalendar(year, month, 1)
        return date(year, month, day)
    except ValueError as error:
        raise CaseError(say("not_in_calendar", text=text, why=str(error))) from None

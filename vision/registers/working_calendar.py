"""WorkingCalendar: when a deadline ends, in natural or working time.

How time is counted follows the Civil Code of China, articles 201 and 203: hours run from the moment
itself; days do not count the one on which they begin, and end at 24:00, or at the close of business
where there is business; a last natural day that is no working day moves to the next that is.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from vision.hours import WeeklyHours, turns
from vision.mistakes.wrong import wrong

LONGEST_DAYS = 3660
"""A calendar without a working day for so long is a mistake, and so is a deadline that far off."""
_AS_A = date(2024, 1, 8)
"""A Monday: a day off that is worked in exchange has its hours."""


class Unit(StrEnum):
    """What a deadline is counted in."""

    NATURAL_HOUR = "natural_hour"
    WORKING_HOUR = "working_hour"
    NATURAL_DAY = "natural_day"
    WORKING_DAY = "working_day"


WORKING = frozenset({Unit.WORKING_HOUR, Unit.WORKING_DAY})
"""Units that stand still while nobody works."""


@dataclass(frozen=True, slots=True)
class Term:
    """A length of time as law writes it, for example 5 working days."""

    amount: int
    unit: Unit

    def __str__(self) -> str:
        """As a file of matters says it."""
        return f"{self.amount} {self.unit.value}"


def parse_term(text: object) -> Term:
    """`4 working_hour`, `3 natural_day`. ValueError otherwise."""
    if isinstance(text, Term):
        return text
    amount, _, unit = str(text).strip().partition(" ")
    if not (amount.isascii() and amount.isdecimal() and 0 < len(amount) <= 4) or int(amount) < 1:
        raise ValueError(wrong("term_form", text=str(text)))
    try:
        return Term(int(amount), Unit(unit.strip()))
    except ValueError:
        raise ValueError(
            wrong("term_unit", text=str(text), known=[unit.value for unit in Unit])
        ) from None


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Working hours of an office, with its days off and the days worked in exchange for them.

    Attributes:
        zone: whose clocks they are.
        hours: of the week.
        holidays: days off, whatever their weekday.
        exchanged: days that are worked although they are weekends or holidays, with Monday's hours.
    """

    zone: ZoneInfo
    hours: WeeklyHours
    holidays: Collection[date] = frozenset()
    exchanged: Collection[date] = frozenset()

    def end(self, start: datetime, term: Term) -> datetime:
        """When a term that begins at `start` is over (both UTC).

        Raises:
            ValueError: it ends nowhere within ten years: the calendar has no working time.
        """
        if term.unit is Unit.NATURAL_HOUR:
            return start + timedelta(hours=term.amount)
        if term.unit is Unit.WORKING_HOUR:
            return self._worked(start, timedelta(hours=term.amount))
        first = start.astimezone(self.zone).date()
        if term.unit is Unit.NATURAL_DAY:
            last = self._working_day_from(first + timedelta(days=term.amount))
            return self._midnight(last + timedelta(days=1))
        day = first
        for _ in range(term.amount):
            day = self._working_day_from(day + timedelta(days=1))
        return max(until for _, until in self._spans(day))

    def _working_day_from(self, day: date) -> date:
        for number in range(LONGEST_DAYS):
            if self._spans(day + timedelta(days=number)):
                return day + timedelta(days=number)
        raise ValueError(wrong("calendar_without_days"))

    def _worked(self, start: datetime, left: timedelta) -> datetime:
        day = start.astimezone(self.zone).date()
        for number in range(LONGEST_DAYS):
            for since, until in self._spans(day + timedelta(days=number)):
                since = max(since, start)  # noqa: PLW2901 - what was before does not count
                if until - since >= left > timedelta():
                    return since + left
                left -= max(until - since, timedelta())
        raise ValueError(wrong("calendar_short"))

    def _spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """The spans of a day that are worked, in order (UTC); split where clocks may be set."""
        begin, end = self._midnight(day), self._midnight(day + timedelta(days=1))
        edges = [begin, *turns(self.hours.times, begin, end, self.zone)]
        return [
            (since, until)
            for since, until in pairwise(edges)
            if self._works(since.astimezone(self.zone).replace(tzinfo=None))
        ]

    def _works(self, local: datetime) -> bool:
        day = local.date()
        if day in self.exchanged:
            return self.hours.includes(datetime.combine(_AS_A, local.time()))
        return day not in self.holidays and self.hours.includes(local)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

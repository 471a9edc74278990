"""WeeklyHours: a weekly schedule from lines such as `Mon-Fri 06:00-23:00`."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from vision.mistakes.wrong import wrong

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HOLIDAY = "Hol"
_WHOLE_HOURS = frozenset(time(hour) for hour in range(24))
# Weekly hours and a year's holidays have all been met by then.
_FAR = timedelta(days=366)
_LINE = re.compile(
    r"\s*([A-Z][a-z]{2})(?:-([A-Z][a-z]{2}))?\s+(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})\s*"
)


@dataclass(frozen=True, slots=True)
class _Span:
    days: frozenset[int]  # of the week; none: holidays
    start: time
    end: time
    to_midnight: bool

    @property
    def over_midnight(self) -> bool:
        return not self.to_midnight and self.end <= self.start


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Spans of the week in local time; no span at all means always. `lines` say them.

    A span of `Hol` is for holidays: where there is one, a holiday knows no other spans.
    """

    spans: tuple[_Span, ...] = ()
    lines: tuple[str, ...] = ()

    def includes(self, local: datetime, holidays: Collection[date] = ()) -> bool:
        """Whether this local time (in the site's zone) lies in a span; ends are exclusive.

        A span whose end is not after its start runs past midnight into the next day.
        """
        if not self.spans:
            return True
        today, clock = local.date(), local.time()
        begun_today = self._of(today, holidays)
        begun_yesterday = self._of(today - timedelta(days=1), holidays)
        return any(
            s.start <= clock and (s.over_midnight or s.to_midnight or clock < s.end)
            for s in begun_today
        ) or any(s.over_midnight and clock < s.end for s in begun_yesterday)

    @property
    def times(self) -> frozenset[time]:
        """The times of day at which a span begins or ends."""
        return frozenset(t for span in self.spans for t in (span.start, span.end))

    def _of(self, day: date, holidays: Collection[date]) -> list[_Span]:
        """The spans that begin on a day."""
        special = [span for span in self.spans if not span.days]
        if special and day in holidays:
            return special
        return [span for span in self.spans if day.weekday() in span.days]


def parse_hours(lines: object) -> WeeklyHours:
    """Read lines such as `Mon-Sun 06:00-23:00` or `Hol 08:00-24:00` (midnight at a day's end).

    Raises:
        ValueError: a line does not read; the message shows how to write it.
    """
    if isinstance(lines, WeeklyHours):
        return lines
    if not isinstance(lines, list | tuple):
        raise ValueError(wrong("hours_list"))  # noqa: TRY004
    said = tuple(str(line) for line in lines)
    return WeeklyHours(tuple(_span(line) for line in said), said)


def _span(line: str) -> _Span:
    match = _LINE.fullmatch(line)
    no_span = ValueError(wrong("hours_form", line=line))
    if match is None:
        raise no_span
    if match[1] == _HOLIDAY and match[2] is None:
        days: frozenset[int] = frozenset()
    elif match[1] in _DAYS and (match[2] or match[1]) in _DAYS:
        first, last = _DAYS.index(match[1]), _DAYS.index(match[2] or match[1])
        days = frozenset((first + n) % 7 for n in range((last - first) % 7 + 1))
    else:
        raise no_span
    to_midnight = match[5] == "24" and match[6] == "00"
    try:
        start = time(int(match[3]), int(match[4]))
        end = time(0, 0) if to_midnight else time(int(match[5]), int(match[6]))
    except ValueError:
        raise no_span from None
    return _Span(days, start, end, to_midnight)


def turns(
    times: Collection[time], after: datetime, until: datetime, zone: ZoneInfo
) -> list[datetime]:
    """Moments (UTC) in order, after one and up to another, at which what hours say may change.

    These are the given times of day by the clocks of `zone`, and every whole hour: a day begins at
    one, and clocks are set at one. Of a span longer than a year only the first is gone through.
    """
    if after >= until or _minute(after) == _minute(until):
        return []
    until = min(until, after + _FAR)
    first, last = after.astimezone(zone).date(), until.astimezone(zone).date()
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    found = {
        datetime.combine(day, t, zone).replace(fold=fold).astimezone(UTC)
        for day in days
        for t in {*times, *_WHOLE_HOURS}
        for fold in (0, 1)
    }
    return sorted(moment for moment in found if after < moment <= until)


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)

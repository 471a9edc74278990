"""WeeklyHours: when a zone is watched, as lines such as `Mon-Fri 06:00-23:00`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LINE = re.compile(
    r"\s*([A-Z][a-z]{2})(?:-([A-Z][a-z]{2}))?\s+(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})\s*"
)


@dataclass(frozen=True, slots=True)
class _Span:
    days: frozenset[int]
    start: time
    end: time
    to_midnight: bool


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Spans of the week in local time; no span at all means always. `lines` say them."""

    spans: tuple[_Span, ...] = ()
    lines: tuple[str, ...] = ()

    def includes(self, local: datetime) -> bool:
        """Whether this local time (in the site's zone) lies in a span; ends are exclusive.

        A span whose end is not after its start runs past midnight into the next day.
        """
        if not self.spans:
            return True
        today, yesterday, clock = local.weekday(), (local.weekday() - 1) % 7, local.time()
        for span in self.spans:
            if span.to_midnight or span.start < span.end:
                if (
                    today in span.days
                    and span.start <= clock
                    and (span.to_midnight or clock < span.end)
                ):
                    return True
            elif (today in span.days and clock >= span.start) or (
                yesterday in span.days and clock < span.end
            ):
                return True
        return False


def parse_hours(lines: object) -> WeeklyHours:
    """Read a list of lines such as `Mon-Sun 06:00-23:00` (24:00 is midnight at a day's end).

    Raises:
        ValueError: a line does not read; the message shows how to write it.
    """
    if isinstance(lines, WeeklyHours):
        return lines
    if not isinstance(lines, list | tuple):
        raise ValueError("hours is a list of lines such as 'Mon-Sun 06:00-23:00'")  # noqa: TRY004
    said = tuple(str(line) for line in lines)
    return WeeklyHours(tuple(_span(line) for line in said), said)


def _span(line: str) -> _Span:
    match = _LINE.fullmatch(line)
    wrong = ValueError(f"{line!r} is no span of hours; write for example 'Mon-Fri 06:00-23:00'")
    if match is None or match[1] not in _DAYS or (match[2] or match[1]) not in _DAYS:
        raise wrong
    first, last = _DAYS.index(match[1]), _DAYS.index(match[2] or match[1])
    days = frozenset((first + n) % 7 for n in range((last - first) % 7 + 1))
    to_midnight = match[5] == "24" and match[6] == "00"
    try:
        start = time(int(match[3]), int(match[4]))
        end = time(0, 0) if to_midnight else time(int(match[5]), int(match[6]))
    except ValueError:
        raise wrong from None
    return _Span(days, start, end, to_midnight)

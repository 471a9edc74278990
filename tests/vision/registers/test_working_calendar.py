from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.hours import parse_hours
from vision.registers.working_calendar import Term, Unit, WorkingCalendar, parse_term

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = parse_hours(["Mon-Fri 08:30-12:00", "Mon-Fri 14:00-17:30"])
# The first week of October is off; the Saturday after it is worked in exchange.
WEEK = frozenset(date(2026, 10, day) for day in range(1, 8))
CALENDAR = WorkingCalendar(SHANGHAI, OFFICE, WEEK, frozenset({date(2026, 10, 10)}))


def local(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "term", "end"),
    [
        # Hours run from the moment itself, at night and on days off too.
        ("2026-09-30T17:00", "2 natural_hour", "2026-09-30T19:00"),
        ("2026-10-03T23:00", "24 natural_hour", "2026-10-04T23:00"),
        # Working hours stop at noon, in the evening and over the week off.
        ("2026-09-29T11:00", "2 working_hour", "2026-09-29T15:00"),
        ("2026-09-29T12:30", "1 working_hour", "2026-09-29T15:00"),
        ("2026-09-30T16:30", "2 working_hour", "2026-10-08T09:30"),
        ("2026-10-09T17:00", "1 working_hour", "2026-10-10T09:00"),
        ("2026-09-29T08:30", "7 working_hour", "2026-09-29T17:30"),
        # The day on which days begin is not counted; working days end when the office closes.
        ("2026-09-28T00:30", "1 working_day", "2026-09-29T17:30"),
        ("2026-09-30T09:00", "1 working_day", "2026-10-08T17:30"),
        ("2026-10-03T09:00", "3 working_day", "2026-10-10T17:30"),
        ("2026-10-09T09:00", "2 working_day", "2026-10-12T17:30"),
        # Natural days end at midnight, and not on a day off.
        ("2026-09-28T09:00", "1 natural_day", "2026-09-30T00:00"),
        ("2026-09-28T09:00", "3 natural_day", "2026-10-09T00:00"),
        ("2026-10-09T09:00", "1 natural_day", "2026-10-11T00:00"),
        ("2026-10-10T09:00", "1 natural_day", "2026-10-13T00:00"),
    ],
)
def test_a_term_ends(start: str, term: str, end: str) -> None:
    assert CALENDAR.end(local(start), parse_term(term)) == local(end)


@pytest.mark.parametrize(
    ("start", "term", "end"),
    [
        # Clocks go forward on 29 March 2026 and back on 25 October, at night: a shift from 00:00
        # to 06:00 has five hours then, and seven.
        ("2026-03-29T00:00", "5 working_hour", "2026-03-29T06:00"),
        ("2026-10-25T00:00", "7 working_hour", "2026-10-25T06:00"),
        ("2026-03-28T12:00", "1 natural_day", "2026-03-30T00:00"),
        ("2026-03-28T12:00", "24 natural_hour", "2026-03-29T13:00"),
    ],
)
def test_clocks_are_set(start: str, term: str, end: str) -> None:
    amsterdam = ZoneInfo("Europe/Amsterdam")
    night = WorkingCalendar(amsterdam, parse_hours(["Mon-Sun 00:00-06:00"]))
    assert night.end(local(start, amsterdam), parse_term(term)) == local(end, amsterdam)


@given(
    start=st.integers(0, 20 * 24 * 60).map(
        lambda minutes: local("2026-09-25T00:00") + timedelta(minutes=minutes)
    ),
    hours=st.integers(1, 40),
)
@settings(max_examples=60, deadline=None)
def test_as_many_minutes_are_worked_as_a_term_has(start: datetime, hours: int) -> None:
    end = CALENDAR.end(start, Term(hours, Unit.WORKING_HOUR))
    minutes = int((end - start).total_seconds()) // 60
    worked = sum(at_work(start + timedelta(minutes=n)) for n in range(minutes))
    assert worked == hours * 60
    assert at_work(end - timedelta(minutes=1))


def at_work(moment: datetime) -> bool:
    there = moment.astimezone(SHANGHAI)
    day, clock = there.date(), (there.hour, there.minute)
    off = (there.weekday() > 4 or day in WEEK) and day != date(2026, 10, 10)
    return not off and ((8, 30) <= clock < (12, 0) or (14, 0) <= clock < (17, 30))


@pytest.mark.parametrize("term", list(Unit)[1:])
def test_a_calendar_without_work_is_refused(term: Unit) -> None:
    never = WorkingCalendar(SHANGHAI, parse_hours(["Hol 08:00-09:00"]))
    with pytest.raises(ValueError, match="working"):
        never.end(local("2026-10-01T09:00"), Term(1, term))


@pytest.mark.parametrize(
    "text", ["4", "hours", "0 working_day", "-1 natural_day", "4 weeks", "٣ natural_day", None]
)
def test_what_is_no_term_is_refused_in_words(text: object) -> None:
    with pytest.raises(ValueError, match="working_hour"):
        parse_term(text)

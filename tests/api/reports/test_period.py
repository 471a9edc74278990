"""A day begins and ends where the site's clocks say, whatever they do at midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from api.errors import CaseError
from api.reports.period import Period, Span

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")


def hours(text: str, zone: str) -> float:
    period = Period.parse(text, ZoneInfo(zone))
    return (period.end - period.start).total_seconds() / 3600


@pytest.mark.parametrize(
    ("day", "zone", "lasts"),
    [
        ("2026-03-29", "Europe/Berlin", 23),
        ("2026-10-25", "Europe/Berlin", 25),
        ("2026-10-24", "Europe/Berlin", 24),
        ("2026-03-29", "Asia/Shanghai", 24),
        ("2026-05-21", "Asia/Kolkata", 24),
        ("2026-10-04", "Australia/Lord_Howe", 23.5),
        ("2026-04-05", "Australia/Lord_Howe", 24.5),
        ("2018-11-04", "America/Sao_Paulo", 23),  # which began at 01:00
        ("2018-02-17", "America/Sao_Paulo", 25),  # whose last hour came twice
        ("2026-11-01", "America/Havana", 25),  # whose midnight came twice
        ("2011-12-30", "Pacific/Apia", 0),  # left out
        ("2026-03", "Europe/Berlin", 31 * 24 - 1),
        ("2026-10", "Europe/Berlin", 31 * 24 + 1),
        ("2024-02", "Asia/Shanghai", 29 * 24),
        ("2026", "Europe/Berlin", 365 * 24),
        ("2026-W44", "Europe/Berlin", 168),
        ("2026-W43", "Europe/Berlin", 169),
    ],
)
def test_a_period_lasts_as_long_as_its_clocks_say(day, zone, lasts):
    assert hours(day, zone) == lasts


def test_a_day_begins_with_its_first_instant():
    def start(text: str, zone: str) -> datetime:
        return Period.parse(text, ZoneInfo(zone)).start

    assert start("2026-05-21", "Asia/Shanghai") == datetime(2026, 5, 20, 16, tzinfo=UTC)
    assert start("2026-05-21", "Asia/Kolkata") == datetime(2026, 5, 20, 18, 30, tzinfo=UTC)
    assert start("2018-11-04", "America/Sao_Paulo") == datetime(2018, 11, 4, 3, tzinfo=UTC)
    assert start("2026-11-01", "America/Havana") == datetime(2026, 11, 1, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-W01", date(2025, 12, 29), date(2026, 1, 4)),
        ("2026-W53", date(2026, 12, 28), date(2027, 1, 3)),
        ("2025-12", date(2025, 12, 1), date(2025, 12, 31)),
        ("2028-02", date(2028, 2, 1), date(2028, 2, 29)),
    ],
)
def test_weeks_and_months_end_where_the_calendar_says(text, first, last):
    period = Period.parse(text, SHANGHAI)
    assert (period.first, period.last, period.name) == (first, last, text)


@pytest.mark.parametrize("zone", [BERLIN, SHANGHAI, ZoneInfo("Pacific/Apia")])
@pytest.mark.parametrize("text", ["2026-10", "2026-03", "2011-12", "2026-W13", "2026"])
def test_its_days_lie_end_to_end(zone, text):
    period = Period.parse(text, zone)
    days = period.days(before=28)
    assert days[28].start == period.start
    assert days[-1].end == period.end
    assert [d.end for d in days[:-1]] == [d.start for d in days[1:]]
    assert len({d.date for d in days}) == len(days)


def test_any_day_names_the_period_that_it_lies_in():
    assert Period.parse("2026-01-01", SHANGHAI, Span.WEEK).name == "2026-W01"
    assert Period.parse("2027-01-01", SHANGHAI, Span.WEEK).name == "2026-W53"
    assert Period.parse("2026-05-21", SHANGHAI, Span.MONTH).name == "2026-05"
    assert Period.parse("2026-05", SHANGHAI, Span.MONTH).name == "2026-05"


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("2026-02-29", None),
        ("2026-13", None),
        ("2025-W53", None),
        ("2026-W00", None),
        ("0001-01-01", None),
        ("9999-12-31", None),
        ("2026-5-1", None),
        ("٢٠٢٦-05-01", None),
        ("yesterday", None),
        ("", None),
        ("2026-05-01\n", None),
        ("2026-W21", Span.MONTH),
        ("2026-05", Span.DAY),
        ("2026", Span.DAY),
    ],
)
def test_what_names_no_such_period_is_refused(text, span):
    with pytest.raises(CaseError):
        Period.parse(text, SHANGHAI, span)

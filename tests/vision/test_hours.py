"""Weekly hours: ends are exclusive, midnight belongs to both its days."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.hours import WeeklyHours, parse_hours, turns

MONDAY = datetime(2026, 11, 16)  # noqa: DTZ001 - local wall time is what hours speak of


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


def test_no_hours_is_always():
    assert WeeklyHours().includes(MONDAY)


def test_ends_are_exclusive():
    hours = parse_hours(["Mon-Fri 06:00-23:00"])
    assert not hours.includes(at(0, 5, 59))
    assert hours.includes(at(0, 6))
    assert hours.includes(at(4, 22, 59))
    assert not hours.includes(at(4, 23))
    assert not hours.includes(at(5, 12))


def test_past_midnight_runs_into_the_next_day():
    hours = parse_hours(["Fri-Sun 18:00-02:00"])
    assert hours.includes(at(6, 23))
    assert hours.includes(at(7, 1, 59))
    assert not hours.includes(at(7, 2))
    assert not hours.includes(at(4, 1))


def test_24_is_the_days_end():
    hours = parse_hours(["Mon 00:00-24:00"])
    assert hours.includes(at(0, 23, 59))
    assert not hours.includes(at(1, 0))


@pytest.mark.parametrize(
    "line", ["Mo 1-2", "Mon 25:00-26:00", "Xyz 06:00-07:00", "", "Mon 06:60-07:00"]
)
def test_bad_line_says_how_to_write_it(line):
    with pytest.raises(ValueError, match="write for example"):
        parse_hours([line])


@given(st.datetimes(MONDAY, MONDAY + timedelta(days=14)))
def test_a_week_later_is_the_same(moment):
    hours = parse_hours(["Tue-Thu 22:00-03:00", "Sat 10:00-24:00"])
    assert hours.includes(moment) == hours.includes(moment + timedelta(days=7))


def test_a_holiday_knows_its_own_hours_only():
    hours = parse_hours(["Mon-Sun 06:00-23:00", "Hol 20:00-02:00"])
    tuesday = frozenset({at(1, 0).date()})
    assert hours.includes(at(1, 12))
    assert not hours.includes(at(1, 12), tuesday)
    assert hours.includes(at(1, 20), tuesday)
    assert hours.includes(at(2, 1), tuesday), "it runs into the next day"
    assert not hours.includes(at(2, 2), tuesday)
    assert hours.includes(at(2, 6), tuesday)


def test_without_hours_of_their_own_holidays_are_days_like_others():
    hours = parse_hours(["Mon-Fri 06:00-23:00"])
    assert hours.includes(at(1, 12), frozenset({at(1, 0).date()}))


def test_hours_say_themselves_as_they_were_written():
    lines = ["Mon-Fri 06:00-23:00", "Hol 08:00-24:00"]
    assert list(parse_hours(lines).lines) == lines
    with pytest.raises(ValueError, match="is no span"):
        parse_hours(["Hol-Sun 06:00-23:00"])


def test_turns_are_the_times_told_and_whole_hours_by_the_clocks_on_the_wall() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    times = {time(6, 30)}

    def local(begin: datetime, end: datetime) -> list[str]:
        found = turns(times, begin.astimezone(UTC), end.astimezone(UTC), berlin)
        return [f"{m.astimezone(berlin):%H:%M%z}" for m in found]

    day = datetime(2026, 5, 4, 5, 59, 59, tzinfo=berlin)
    assert local(day, day + timedelta(hours=1)) == ["06:00+0200", "06:30+0200"]
    assert local(day, day) == local(day, day - timedelta(hours=1)) == []
    # In autumn three o'clock is set to two, so two o'clock comes twice; in spring it never does.
    autumn = datetime(2026, 10, 25, 1, 59, tzinfo=berlin)
    after = datetime(2026, 10, 25, 3, 1, tzinfo=berlin)
    assert local(autumn, after) == ["02:00+0200", "02:00+0100", "03:00+0100"]
    spring = datetime(2026, 3, 29, 1, 59, tzinfo=berlin)
    after = datetime(2026, 3, 29, 3, 1, tzinfo=berlin)
    assert "03:00+0200" in local(spring, after)

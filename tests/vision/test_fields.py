from __future__ import annotations

from datetime import date

import pytest

from vision.fields import Days, parse_days


def test_days_are_from_the_first_to_the_last() -> None:
    days = parse_days("2026-02-28/2026-03-02")
    assert list(days) == [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2)]
    assert date(2026, 3, 2) in days
    assert date(2026, 3, 3) not in days
    assert parse_days("2026-10-01") == Days(date(2026, 10, 1), date(2026, 10, 1))
    assert parse_days(str(days)) == days


@pytest.mark.parametrize("text", ["", "2026-13-01", "March", "2026-03-02/2026-03-01", None])
def test_what_are_no_days_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"write for example|before it begins"):
        parse_days(text)

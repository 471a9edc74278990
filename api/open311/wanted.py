"""Wanted: which service requests are asked for, from the parameters as they were written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import TypeAdapter, ValidationError

from api.cases.instant import Instant
from api.errors import GeoReportError

LONGEST: Final = timedelta(days=90)
"""Between `start_date` and `end_date`, and what is shown without them: the specification's."""
MOST: Final = 1000
"""Requests of an answer: the specification's."""
_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
_ID = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_CODE = re.compile(r"[A-Za-z0-9_-]{1,130}")
_STATUSES = frozenset({"open", "closed"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """`ids` alone, or what was requested from `start` to `end`; empty `codes`: of every service."""

    ids: frozenset[str]
    codes: frozenset[str]
    statuses: frozenset[str]
    start: datetime
    end: datetime


def wanted(parameters: Mapping[str, str | None], now: datetime) -> Wanted:
    """Read the parameters of `requests`; what is not there is as the specification says.

    Raises:
        GeoReportError: 400, one of them cannot be understood.
    """
    statuses = _listed(parameters, "status", re.compile("open|closed"))
    start, end = _instant(parameters, "start_date"), _instant(parameters, "end_date")
    try:
        if end is None:
            end = now if start is None else min(now, start + LONGEST)
        start = end - LONGEST if start is None else start
    except OverflowError:
        raise GeoReportError(400, "start_date or end_date lies outside of the calendar") from None
    if end - start > LONGEST:
        raise GeoReportError(
            400, f"start_date and end_date may not span more than {LONGEST.days} days"
        )
    return Wanted(
        ids=_listed(parameters, "service_request_id", _ID),
        codes=_listed(parameters, "service_code", _CODE),
        statuses=statuses or _STATUSES,
        start=start,
        end=end,
    )


def _listed(
    parameters: Mapping[str, str | None], name: str, shape: re.Pattern[str]
) -> frozenset[str]:
    """The values between commas; none where it is not given."""
    given = parameters.get(name)
    if given is None:
        return frozenset()
    values = frozenset(value.strip() for value in given.split(","))
    if len(values) > MOST or not all(shape.fullmatch(value) for value in values):
        raise GeoReportError(400, f"{name} is not a list of such values with commas between")
    return values


def _instant(parameters: Mapping[str, str | None], name: str) -> datetime | None:
    given = parameters.get(name)
    if given is None:
        return None
    try:
        return _INSTANT.validate_python(given).astimezone(UTC)
    except ValidationError:
        raise GeoReportError(
            400, f"{name} is no date and time with its offset, such as 2026-05-01T00:00:00Z"
        ) from None

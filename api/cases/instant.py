"""Instant: a moment that somebody writes, with its offset; never a number of seconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

from api.words.said import say

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_DATE = re.compile(r"[0-9]{4}-")


def _utc(value: datetime) -> datetime:
    """In UTC; at either end of the calendar, where that is in no year, its first or last moment."""
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return _FIRST if value.year == 1 else _LAST


def _written_out(value: object) -> object:
    """Seconds since 1970, which pydantic would take too, are nobody's way to write a date."""
    if isinstance(value, datetime) or (isinstance(value, str) and _DATE.match(value)):
        return value
    raise ValueError(say("instant_form"))


Instant = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_utc)]
"""A moment, of any year that a date may have."""

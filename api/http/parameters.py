"""Parameters: the types of path, query and body values, limited to what the databases accept."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Path
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints

from api.storage.limits import LARGEST_ID, TEXT

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_DATE = re.compile(r"[0-9]{4}-")

Name = Annotated[str, StringConstraints(pattern=TEXT, max_length=64)]
"""A kind's, camera's, case's or receiver's name."""
RowId = Annotated[int, Field(ge=0, le=LARGEST_ID)]


def _instant(value: datetime) -> datetime:
    """In UTC; at either end of the calendar, where that is in no year, its first or last moment."""
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return _FIRST if value.year == 1 else _LAST


def _written_out(value: object) -> object:
    """Seconds since 1970, which pydantic would take too, are nobody's way to write a date."""
    if isinstance(value, str) and not _DATE.match(value):
        raise ValueError("write a date and time with its offset, such as 2026-05-01T00:00:00Z")
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_instant)]
"""A moment, of any year that a date may have."""


def named(example: str) -> Any:
    """A path's parameter with an example."""
    return Path(pattern=TEXT, max_length=64, examples=[example])

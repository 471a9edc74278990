"""Durations as a site file writes them: `20s`, `5m`, `4h`, `7d`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from vision.mistakes.wrong import wrong

LONGEST = timedelta(days=100 * 365)
"""What is added to a date must stay one that calendars know."""
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}


def parse_duration(value: object) -> timedelta:
    """`20s`, `5m`, `4h`, `7d`, `1w`, `2y`, or a number of seconds. ValueError otherwise."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        seconds = float(min(value, 2 * LONGEST.total_seconds()))
    else:
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhdwy])\s*", str(value))
        if match is None:
            raise ValueError(wrong("duration_form", text=str(value)))
        seconds = float(match[1]) * _UNITS[match[2]]
    if seconds > LONGEST.total_seconds():
        raise ValueError(wrong("duration_long", text=str(value)))
    return timedelta(seconds=seconds)


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(lambda length: f"{length.total_seconds()}s", when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["5m", "300.0s"]}),  # pydantic's says ISO 8601
]
"""A length of time in a site file."""

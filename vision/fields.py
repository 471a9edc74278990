"""Fields: the types that several parts of a site file are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
)

from vision.hours import WeeklyHours, parse_hours
from vision.kinds import catalogue
from vision.mistakes.wrong import wrong
from vision.outlines import THINNEST, Corner, check_outline

AS_DRAWN = object()
"""Context of a validation: outlines are looked at as somebody drew them. Without it they pass, so
that a record of an earlier decision, made with whatever outline, can still be read."""


def _known_kind(name: str) -> str:
    kinds = [k.name for k in catalogue().kinds]
    if name not in kinds:
        raise ValueError(wrong("kind_unknown", kind=name, known=kinds))
    return name


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(wrong("time_zone_unknown", zone=name)) from None
    return name


@dataclass(frozen=True, slots=True, order=True)
class Days:
    """From one day to another, both included, in local dates."""

    first: date
    last: date

    def __iter__(self) -> Iterator[date]:
        for number in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=number)

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __str__(self) -> str:
        """As a site file says it, an ISO 8601 interval."""
        return f"{self.first}/{self.last}"


def parse_days(text: object) -> Days:
    """`2026-03-01/2026-12-31`, or one day. ValueError otherwise."""
    if isinstance(text, Days):
        return text
    first, _, last = str(text).partition("/")
    try:
        days = Days(date.fromisoformat(first), date.fromisoformat(last or first))
    except ValueError:
        raise ValueError(wrong("days_form", text=str(text))) from None
    if days.last < days.first:
        raise ValueError(wrong("days_reversed", text=str(text)))
    return days


def as_drawn(info: ValidationInfo) -> bool:
    """Whether what is validated was just drawn by somebody; see `AS_DRAWN`."""
    return info.context is AS_DRAWN


def _fraction(value: float) -> float:
    if not 0 <= value <= 1:
        raise ValueError(wrong("fraction", value=f"{value:g}"))
    return value


def _encloses(corners: tuple[Corner, ...], info: ValidationInfo) -> tuple[Corner, ...]:
    if as_drawn(info):
        check_outline(corners, THINNEST)
    return corners


KindName = Annotated[str, AfterValidator(_known_kind)]
TimeZone = Annotated[str, AfterValidator(_known_zone)]
Fraction = Annotated[float, AfterValidator(_fraction)]
Polygon = Annotated[
    tuple[tuple[Fraction, Fraction], ...], Field(min_length=3), AfterValidator(_encloses)
]
"""In fractions of the picture's width and height, from its upper left corner."""
GroundPoint = tuple[float, float, float, float]
"""u and v as fractions of the picture, longitude and latitude in degrees, of a point of the ground
that both the picture and the map show."""
Hours = Annotated[
    WeeklyHours, BeforeValidator(parse_hours), PlainSerializer(lambda hours: list(hours.lines))
]
DaysField = Annotated[Days, BeforeValidator(parse_days), PlainSerializer(str)]


class Part(BaseModel):
    """A part of a site file: nothing unknown in it, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

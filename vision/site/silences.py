"""Silence: suppresses matching cases for a stated time and reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, model_validator

from vision.fields import KindName, Part
from vision.mistakes.wrong import wrong

LONGEST = timedelta(days=366)
"""Longest silence: for longer, let the zone not watch the kind."""


class Silence(Part):
    """Episodes that match and are confirmed from `from` until `until` are kept, but suppressed.

    An empty matcher matches all. A time without an offset is the site's local time.
    """

    model_config = ConfigDict(
        validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )

    name: Annotated[str, Field(min_length=1, max_length=64)]
    kinds: tuple[KindName, ...] = ()
    cameras: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    since: Annotated[datetime, Field(alias="from")]
    until: datetime
    reason: Annotated[str, Field(min_length=1)]
    by: Annotated[str, Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _it_ends(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("until") is None:
            raise ValueError(wrong("silence_endless"))
        return given

    def matches(self, kind: str, camera: str, zone: str) -> bool:
        """Whether it is about such episodes at all."""
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.cameras or camera in self.cameras)
            and (not self.zones or zone in self.zones)
        )

    def covers(self, at: datetime, zone: ZoneInfo) -> bool:
        """Whether it is in force at this time (aware), on a site in this time zone."""
        return self.starts(zone) <= at < self.ends(zone)

    def starts(self, zone: ZoneInfo) -> datetime:
        """When it starts, with the site's time zone where none was written."""
        return _aware(self.since, zone)

    def ends(self, zone: ZoneInfo) -> datetime:
        """When it ends, with the site's time zone where none was written."""
        return _aware(self.until, zone)


def check_silences(
    silences: Sequence[Silence], zones: Mapping[str, Collection[str]], zone: ZoneInfo
) -> None:
    """See that each silence can take effect at this site.

    Args:
        zones: the names of each camera's watched zones.
        zone: the site's time zone.

    Raises:
        ValueError: a name that is used twice or unknown, or a time range that is none.
    """
    names = [silence.name for silence in silences]
    for silence in silences:
        named = silence.name
        if names.count(silence.name) > 1:
            raise ValueError(wrong("silence_twice", name=named))
        for camera in silence.cameras:
            if camera not in zones:
                raise ValueError(
                    wrong("camera_none_such", what="silence", name=named, camera=camera)
                )
        known = {name for c in silence.cameras or zones for name in zones[c]}
        for name in silence.zones:
            if name not in known:
                raise ValueError(wrong("zone_none_such", name=named, zone=name))
        length = silence.ends(zone) - silence.starts(zone)
        if length <= timedelta(0):
            raise ValueError(wrong("silence_reversed", name=named))
        if length > LONGEST:
            raise ValueError(wrong("silence_long", name=named, days=length.days))


def _aware(at: datetime, zone: ZoneInfo) -> datetime:
    return at.replace(tzinfo=zone) if at.tzinfo is None else at

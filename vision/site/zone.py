"""Zone: where in a picture which kinds are watched, and when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Annotated

from pydantic import Field, model_validator

from vision.fields import DaysField, Hours, KindName, Part, Polygon
from vision.hours import WeeklyHours
from vision.kinds import catalogue
from vision.mistakes.wrong import wrong
from vision.site.presets import WHOLE
from vision.site.rule_settings import SettingsByKind


class Zone(Part):
    """A polygon in fractions of the picture, the kinds watched in it, and when.

    `valid` are the days, first and last included, on which it is watched at all. `subtypes` says of
    a kind what is seen of it here: `street_vending: shop_outside` before a shop's door. `preset` is
    the one at which it was drawn, of a camera that has any: it is watched only there.
    """

    name: str
    preset: str | None = None
    polygon: Polygon = WHOLE
    watch: Annotated[tuple[KindName, ...], Field(min_length=1)]
    hours: Hours = WeeklyHours()
    valid: DaysField | None = None
    subtypes: dict[KindName, str] = Field(default_factory=dict)
    settings: SettingsByKind = Field(default_factory=dict)

    @model_validator(mode="after")
    def _subtypes_are_known(self) -> Zone:
        for kind, name in self.subtypes.items():
            known = [subtype.name for subtype in catalogue().kind(kind).subtypes]
            if name not in known:
                raise ValueError(wrong("subtype_unknown", kind=kind, subtype=name, known=known))
        return self

    def watched_at(self, local: datetime, holidays: Collection[date]) -> bool:
        """Whether it is watched at this local time (in the site's zone)."""
        in_force = self.valid is None or local.date() in self.valid
        return in_force and self.hours.includes(local, holidays)

"""CaseFilter: how a list of cases is narrowed, and in which order it comes."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement

from api.cases.stages import Stage
from api.storage.tables import CaseRow

# Metres in a degree of latitude; WGS 84 mean meridian, good to 0.6 % anywhere.
_DEGREE_M = 111_320.0
GEODETIC = ("WGS84", "CGCS2000")
"""Systems that are one at our accuracy: what is kept in another one is on no map of these."""


class Order(StrEnum):
    """Which cases come first."""

    NEWEST = "newest"
    OLDEST = "oldest"
    DEADLINE = "deadline"
    """Whose stage has to be over first; then those of which nothing says when, the newest first."""


@dataclass(frozen=True, slots=True)
class Near:
    """A disc on the ground: degrees (WGS 84) and metres."""

    lon: float
    lat: float
    radius_m: float

    def conditions(self) -> list[ColumnElement[bool]]:
        """The disc as SQL conditions.

        Equirectangular: far below the accuracy of a camera's registered place at city scale.
        """
        shrink = math.cos(math.radians(self.lat))
        north = (CaseRow.lat - self.lat) * _DEGREE_M
        east = (CaseRow.lon - self.lon) * _DEGREE_M * shrink
        tall = self.radius_m / _DEGREE_M
        wide = tall / max(shrink, 1e-6)
        return [
            # What an index can find; the disc is inside.
            CaseRow.lat.between(self.lat - tall, self.lat + tall),
            CaseRow.lon.between(self.lon - wide, self.lon + wide),
            CaseRow.crs.in_(GEODETIC),
            north * north + east * east <= self.radius_m**2,
        ]


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Filter of a list; times compare with the first sighting, ends exclusive.

    Attributes:
        stages: any of these; none is no limit.
        number: the case system's task or file number.
        text: begins the case's id or grid, or its words are in the address or in the zone's name.
        due_from, due_until: what the deadline of its stage lies between, the end exclusive.
        division: its cases, and those of all that lies below it.
        located: only what has a place on the map.
    """

    kind: str | None = None
    stages: Collection[Stage] = ()
    camera: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    near: Near | None = None
    zone: str | None = None
    number: str | None = None
    text: str | None = None
    due_from: datetime | None = None
    due_until: datetime | None = None
    division: str | None = None
    located: bool = False

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter as SQL conditions, but for kind, camera, division, number and text."""
        found = self.near.conditions() if self.near else []
        if self.stages:
            found.append(CaseRow.stage.in_([stage.value for stage in self.stages]))
        if self.zone is not None:
            found.append(CaseRow.zone == self.zone)
        if self.since is not None:
            found.append(CaseRow.first_seen_at >= self.since)
        if self.until is not None:
            found.append(CaseRow.first_seen_at < self.until)
        if self.due_from is not None:
            found.append(CaseRow.deadline_at >= self.due_from)
        if self.due_until is not None:
            found.append(CaseRow.deadline_at < self.due_until)
        if self.located:
            found += [CaseRow.lon.is_not(None), CaseRow.crs.in_(GEODETIC)]
        return found

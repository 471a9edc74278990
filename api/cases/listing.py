"""Listing: keyset pagination of cases: the newest ids that a filter and a key's scope admit.

A list is first found as ids only, scanned in an index from the newest down until its page is full;
then the cases are read. The most selective condition leads: a number of the case system, else the
cameras (each one's sightings are in order of their cases' ids), else the place, else the divisions,
else the kinds. If several lead, the newest of all are among the newest of each. So no list sorts or
scans a table, however few cases match.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import ColumnElement, Select, func, select, union_all
from sqlalchemy.orm import QueryableAttribute, Session

from api.access.roles import Principal
from api.cases.stages import Stage
from api.storage.tables import CaseRow, SightingRow

# Metres in a degree of latitude; WGS 84 mean meridian, good to 0.6 % anywhere.
_DEGREE_M = 111_320.0
_GEODETIC = ("WGS84", "CGCS2000")
_AT_ONCE = 100
"""Leading scans of one statement: SQLite refuses more than 500 (SQLITE_LIMIT_COMPOUND_SELECT)."""


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
            CaseRow.crs.in_(_GEODETIC),
            north * north + east * east <= self.radius_m**2,
        ]


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Filter of a list; times compare with the first sighting, ends exclusive."""

    kind: str | None = None
    stage: Stage | None = None
    camera: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    near: Near | None = None
    zone: str | None = None
    number: str | None = None
    """The case system's task or file number."""

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter as SQL conditions, but for kind and camera."""
        found = self.near.conditions() if self.near else []
        if self.stage is not None:
            found.append(CaseRow.stage == self.stage.value)
        if self.zone is not None:
            found.append(CaseRow.zone == self.zone)
        if self.since is not None:
            found.append(CaseRow.first_seen_at >= self.since)
        if self.until is not None:
            found.append(CaseRow.first_seen_at < self.until)
        return found


def newest(
    session: Session, who: Principal, wanted: CaseFilter, after: str | None, limit: int
) -> list[str]:
    """The newest `limit` ids behind the cursor `after` that the filter and the key admit."""
    found: set[str] = set()
    divisions = None if who.divisions is None else _divisions(session, who.divisions)
    lead = _leads if wanted.number is None else _numbered
    leads = lead(who, wanted, divisions, after, limit)
    while some := list(islice(leads, _AT_ONCE)):
        # SQLite takes an ORDER BY with a LIMIT in a compound only inside a subquery.
        parts = [select(lead.subquery()) for lead in some]
        found.update(session.scalars(parts[0] if len(parts) == 1 else union_all(*parts)))
    return sorted(found, reverse=True)[:limit]


def _divisions(session: Session, starts: Iterable[str]) -> list[str]:
    """The codes that cases have and that begin with one of these.

    From one code to the next greater one, each a step in the index: databases read all of it for a
    DISTINCT.
    """
    first = select(func.min(CaseRow.division).label("code")).cte("codes", recursive=True)
    greater = select(func.min(CaseRow.division)).where(CaseRow.division > first.c.code)
    step = select(greater.scalar_subquery()).where(first.c.code.is_not(None))
    codes = first.union_all(step)
    found = session.scalars(select(codes.c.code).where(codes.c.code.is_not(None)))
    return [code for code in found if code.startswith(tuple(starts))]


def _leads(
    who: Principal,
    wanted: CaseFilter,
    divisions: Sequence[str] | None,
    after: str | None,
    limit: int,
) -> Iterator[Select[str]]:
    """Return one index scan for each camera, or each division, or each kind, or a single one."""
    conditions = wanted.conditions()
    kinds, cameras = _kinds(who, wanted), _cameras(who, wanted)
    if cameras is not None:
        if kinds is not None:
            conditions.append(CaseRow.kind.in_(kinds))
        if wanted.camera is not None and not who.sees_camera(wanted.camera):
            conditions.append(_seen_by(wanted.camera))
        if divisions is not None:
            conditions.append(CaseRow.division.in_(divisions))
        for camera in cameras:
            walk = select(SightingRow.case_id).join(CaseRow).where(SightingRow.camera == camera)
            walk = walk.where(*conditions).group_by(SightingRow.case_id)
            yield _page(walk, SightingRow.case_id, after, limit)
        return
    if divisions is not None:
        if kinds is not None:
            conditions.append(CaseRow.kind.in_(kinds))
        for division in divisions:
            walk = select(CaseRow.id).where(CaseRow.division == division, *conditions)
            yield _page(walk, CaseRow.id, after, limit)
        return
    for kind in [None] if kinds is None else kinds:
        walk = select(CaseRow.id).where(*conditions)
        walk = walk if kind is None else walk.where(CaseRow.kind == kind)
        yield _page(walk, CaseRow.id, after, limit)


def _numbered(
    who: Principal,
    wanted: CaseFilter,
    divisions: Sequence[str] | None,
    after: str | None,
    limit: int,
) -> Iterator[Select[str]]:
    """Return a scan for each of the numbers that a case has with the case system."""
    conditions = wanted.conditions()
    if (kinds := _kinds(who, wanted)) is not None:
        conditions.append(CaseRow.kind.in_(kinds))
    if divisions is not None:
        conditions.append(CaseRow.division.in_(divisions))
    for cameras in (who.cameras, wanted.camera and [wanted.camera]):
        if cameras is not None:
            conditions.append(_seen_by(*cameras))
    for number in (CaseRow.task_no, CaseRow.file_no):
        walk = select(CaseRow.id).where(number == wanted.number, *conditions)
        yield _page(walk, CaseRow.id, after, limit)


def _page(
    walk: Select[str], key: QueryableAttribute[str], after: str | None, limit: int
) -> Select[str]:
    if after is not None:
        walk = walk.where(key < after)
    return walk.order_by(key.desc()).limit(limit)


def _kinds(who: Principal, wanted: CaseFilter) -> Sequence[str] | None:
    """The kinds that a list is narrowed to; None for all."""
    if wanted.kind is None:
        return None if who.kinds is None else sorted(who.kinds)
    return [wanted.kind] if who.kinds is None or wanted.kind in who.kinds else []


def _cameras(who: Principal, wanted: CaseFilter) -> Sequence[str] | None:
    """The cameras one of which has to have seen a case; None for all."""
    if wanted.camera is not None and who.sees_camera(wanted.camera):
        return [wanted.camera]
    return None if who.cameras is None else sorted(who.cameras)


def _seen_by(*cameras: str) -> ColumnElement[bool]:
    return CaseRow.sightings.any(SightingRow.camera.in_(cameras))

"""CaseStore: what people do with cases: list, read, review."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import selectinload

from api.access.roles import Principal
from api.cases.schemas import CaseDetail, CasePage, Review, ReviewRequest
from api.cases.stages import Stage, Step, advance
from api.cases.suppression import Suppression
from api.cases.view import case_detail, case_view
from api.delivery.events import Announcer, CaseEvent, ending
from api.errors import DatabaseUnavailable, UnknownCase
from api.storage.database import Database
from api.storage.tables import CaseRow, LogRow, SightingRow
from vision.site import Site

# Metres in a degree of latitude; WGS 84 mean meridian, good to 0.6 % anywhere.
_DEGREE_M = 111_320.0
Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])
_GEODETIC = ("WGS84", "CGCS2000")


@dataclass(frozen=True, slots=True)
class Near:
    """A disc on the ground: degrees (WGS 84) and metres."""

    lon: float
    lat: float
    radius_m: float


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a list is narrowed to; times compare with the first sighting, ends exclusive."""

    kind: str | None = None
    stage: Stage | None = None
    camera: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    near: Near | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter as SQL conditions."""
        found: list[ColumnElement[bool]] = []
        if self.kind is not None:
            found.append(CaseRow.kind == self.kind)
        if self.stage is not None:
            found.append(CaseRow.stage == self.stage.value)
        if self.camera is not None:
            found.append(CaseRow.sightings.any(SightingRow.camera == self.camera))
        if self.since is not None:
            found.append(CaseRow.first_seen_at >= self.since)
        if self.until is not None:
            found.append(CaseRow.first_seen_at < self.until)
        if self.near is not None:
            # Equirectangular: far below the accuracy of a camera's registered place at city scale.
            north = (CaseRow.lat - self.near.lat) * _DEGREE_M
            east = (CaseRow.lon - self.near.lon) * _DEGREE_M * math.cos(math.radians(self.near.lat))
            found.append(CaseRow.crs.in_(_GEODETIC))
            found.append(north * north + east * east <= self.near.radius_m**2)
        return found


class CaseStore:
    """Cases as a key's holder sees them; a case outside the key's scope does not exist."""

    def __init__(self, database: Database, site: Site) -> None:
        self._database = database
        self._announcer = Announcer(site)
        self._muting = Suppression(site)

    def page(self, who: Principal, wanted: CaseFilter, after: str | None, limit: int) -> CasePage:
        """The newest `limit` cases behind the cursor `after` that the filter and key admit.

        A silence that has ended since the last look at a list ends its cases' stage now.
        """
        # Who only cannot write may still read.
        with suppress(DatabaseUnavailable):
            self._muting.release_due(self._database, datetime.now(UTC))
        query = scoped(select(CaseRow), who).where(*wanted.conditions())
        if after is not None:
            query = query.where(CaseRow.id < after)
        query = query.order_by(CaseRow.id.desc()).limit(limit + 1)
        query = query.options(selectinload(CaseRow.evidence), selectinload(CaseRow.sightings))
        with self._database.read() as session:
            rows = list(session.scalars(query))
            items = [case_view(row, who) for row in rows[:limit]]
        return CasePage(items=items, next=items[-1].case_id if len(rows) > limit else None)

    def get(self, who: Principal, case_id: str) -> CaseDetail:
        """One case with its whole log.

        Raises:
            UnknownCase: there is none, as far as this key may see.
        """
        with self._database.read() as session:
            row = session.scalar(scoped(select(CaseRow).where(CaseRow.id == case_id), who))
            if row is None:
                raise _unknown(case_id)
            return case_detail(row, who)

    def review(self, who: Principal, case_id: str, request: ReviewRequest) -> CaseDetail:
        """Record a person's decision and put its events into the outbox, in one transaction.

        Raises:
            UnknownCase: there is none, as far as this key may see.
            IllegalStep: somebody has decided already.
        """
        now = datetime.now(UTC)
        with self._database.write() as session:
            if request.decision == "reject":  # which may release what the case inhibits
                self._database.decide_alone(session)
            query = scoped(select(CaseRow).where(CaseRow.id == case_id), who)
            row = session.scalar(query.with_for_update())
            if row is None:
                raise _unknown(case_id)
            row.stage = advance(Stage(row.stage), Step(request.decision)).value
            review = Review(
                decision=request.decision,
                reason=request.reason,
                checks=request.checks,
                note=request.note,
                reviewer=who.label,
                at=now,
            )
            row.review = review.model_dump(mode="json")
            row.silenced_until = row.inhibited_by = None
            session.add(_entry(row, who, request, now))
            session.flush()
            if request.decision == "reject":
                self._muting.release_targets(session, row, now)
                self._announcer.announce(session, row, CaseEvent.REJECTED, now)
            else:
                self._announcer.announce(session, row, CaseEvent.CONFIRMED, now)
                if row.ended_at is not None:
                    # It ended while it waited for a person; a receiver must not wait for that.
                    self._announcer.announce(session, row, ending(row), now)
            session.flush()
            session.refresh(row)
            return case_detail(row, who)


def scoped(query: Query, who: Principal) -> Query:
    """Narrow a query over cases to the key's scope: those that one of its cameras has seen."""
    if who.cameras is not None:
        query = query.where(CaseRow.sightings.any(SightingRow.camera.in_(who.cameras)))
    if who.kinds is not None:
        query = query.where(CaseRow.kind.in_(who.kinds))
    return query


def _entry(row: CaseRow, who: Principal, request: ReviewRequest, now: datetime) -> LogRow:
    return LogRow(
        case_id=row.id,
        at=now,
        actor=who.label,
        key_id=who.key_id,
        action=Stage(row.stage).value,
        stage=row.stage,
        reason=request.reason.value if request.reason else "",
        data={"checks": request.checks.model_dump(), "note": request.note},
    )


def _unknown(case_id: str) -> UnknownCase:
    return UnknownCase(f"no case {case_id[:60]!r} is known to this key; list the cases to find it")

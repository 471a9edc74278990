"""RequestDesk: what GeoReport v2 shows of the site: its services, and confirmed cases as requests.

No person's name, note or reason is in it, and nothing of a case that no person has confirmed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, selectinload

from api.access.roles import Principal
from api.cases.scope import scoped
from api.cases.stages import PERSON_CONFIRMED, Stage
from api.errors import GeoReportError
from api.open311.wanted import MOST, Wanted
from api.storage.database import Database
from api.storage.tables import CaseRow, LogRow
from api.words.vocabulary import VOCABULARY
from vision.evidence import EvidenceRole
from vision.geo import PlaceError, Position
from vision.kinds import Kind, Subtype, catalogue
from vision.site import Site

Fields = dict[str, Any]
SPECIFICATION: Final = "http://wiki.open311.org/GeoReport_v2"
CHANGED: Final = "2026-11-27 00:00"
"""When what the view offers was last changed."""
_DEGREE_M = 111_320.0
"""Metres in a degree of latitude."""


class RequestDesk:
    """Answers in the fields of the specification; `None` is a field that is there and empty."""

    def __init__(self, database: Database, site: Site) -> None:
        self._database = database
        self._site = site
        self._settings = site.open311
        self._zh = site.site.language == "zh"

    def check(self, jurisdiction: str | None) -> None:
        """Refuse to answer for another jurisdiction; with one alone nobody has to name it.

        Raises:
            GeoReportError: 404, it is not this site's.
        """
        ours = self._settings.jurisdiction or self._site.site.division
        if jurisdiction is not None and jurisdiction != ours:
            raise GeoReportError(404, "jurisdiction_id was not found")

    def discovery(self) -> Fields:
        """Where the view is and what it speaks."""
        formats = ["text/xml", "application/json"]
        endpoint = {
            "specification": SPECIFICATION,
            "url": f"{self._site.site.url.rstrip('/')}/open311/v2",
            "changeset": CHANGED,
            "type": "production",
            "formats": formats,
        }
        return {
            "changeset": CHANGED,
            "contact": self._site.site.name,
            "key_service": self._site.site.name,
            "endpoints": [endpoint],
        }

    def services(self) -> list[Fields]:
        """The sub-types of the site's kinds."""
        return [
            {
                "service_code": code,
                "service_name": self._named(subtype),
                "description": f"{self._named(kind)}: {self._named(subtype)}"
                if kind.en != subtype.en
                else self._named(kind),
                "metadata": False,
                "type": "realtime",
                "keywords": ", ".join([kind.name, *subtype.codes.values()]),
                "group": self._named(kind),
            }
            for code, kind, subtype in self._offered()
        ]

    def definition(self, code: str) -> Fields:
        """A service's attributes: it asks for none, since nobody reports by this view.

        Raises:
            GeoReportError: 404, there is no such service.
        """
        if code not in {known for known, _, _ in self._offered()}:
            raise GeoReportError(404, "service_code was not found")
        return {"service_code": code, "attributes": []}

    def requests(self, who: Principal, asked: Wanted) -> list[Fields]:
        """The requests that are asked for, the newest first, at most `MOST`.

        Raises:
            GeoReportError: 404, a service or a request that was named is not there.
        """
        offered = {code: (kind.name, sub.name) for code, kind, sub in self._offered()}
        if not asked.codes <= offered.keys():
            raise GeoReportError(404, "service_code was not found")
        if asked.ids:  # which overrides all else, as the specification says
            query = self._shown(who).where(CaseRow.id.in_(asked.ids))
        else:
            stages = [s.value for s in PERSON_CONFIRMED if _status(s.value) in asked.statuses]
            query = self._shown(who).where(
                CaseRow.stage.in_(stages),
                CaseRow.first_seen_at >= asked.start,
                CaseRow.first_seen_at <= asked.end,
            )
            if asked.codes:
                of = [offered[code] for code in asked.codes]
                query = query.where(
                    or_(*(and_(CaseRow.kind == k, CaseRow.subtype == s) for k, s in of))
                )
        query = query.order_by(CaseRow.id.desc()).limit(MOST)
        with self._database.read() as session:
            rows = session.scalars(query.options(selectinload(CaseRow.evidence))).all()
            changed = _changed(session, [row.id for row in rows])
            found = [self._request(row, changed.get(row.id, row.created_at), who) for row in rows]
        if asked.ids and not found:
            raise GeoReportError(404, "service_request_id was not found")
        return found

    def _offered(self) -> Iterator[tuple[str, Kind, Subtype]]:
        for kind in catalogue().kinds:
            if self._settings.kinds and kind.name not in self._settings.kinds:
                continue
            for subtype in kind.subtypes:
                yield _code(kind.name, subtype.name), kind, subtype

    def _shown(self, who: Principal) -> Select[CaseRow]:
        confirmed = [stage.value for stage in PERSON_CONFIRMED]
        query = scoped(select(CaseRow).where(CaseRow.stage.in_(confirmed)), who)
        if self._settings.kinds:
            query = query.where(CaseRow.kind.in_(self._settings.kinds))
        return query

    def _request(self, row: CaseRow, changed: datetime, who: Principal) -> Fields:
        outcomes, stages = VOCABULARY["outcomes"], VOCABULARY["stages"]
        said = outcomes.get(row.outcome or "") or stages.get(row.stage)
        place = self._place(row)
        return {
            "service_request_id": row.id,
            "status": _status(row.stage),
            "status_notes": said.say("zh" if self._zh else "en", {}) if said else None,
            "service_name": self._service_name(row),
            "service_code": _code(row.kind, row.subtype),
            "description": self._service_name(row),
            "agency_responsible": row.department["name"] if row.department else None,
            "service_notice": None,
            "requested_datetime": _written(row.first_seen_at),
            "updated_datetime": _written(changed),
            "expected_datetime": row.deadline["at"] if row.deadline else None,
            "address": row.address or None if self._settings.address else None,
            "address_id": None,
            "zipcode": None,
            "lat": place[1] if place else None,
            "long": place[0] if place else None,
            "media_url": self._picture(row, who),
        }

    def _service_name(self, row: CaseRow) -> str:
        try:
            return self._named(catalogue().kind(row.kind).subtype(row.subtype))
        except KeyError:  # of a package of kinds that is not installed any more
            return row.subtype

    def _named(self, of: Kind | Subtype) -> str:
        return of.zh if self._zh else of.en

    def _place(self, row: CaseRow) -> tuple[float, float] | None:
        """Longitude and latitude in WGS 84, rounded as the site wants it."""
        if row.lon is None or row.lat is None:
            return None
        try:
            there = Position(row.lon, row.lat, _crs(row), None, "manual").to("WGS84")
        except PlaceError:
            return None
        if not (metres := self._settings.position_m):
            return round(there.lon, 7), round(there.lat, 7)
        lat = _rounded(there.lat, metres / _DEGREE_M)
        # By the rounded latitude, so that neighbours fall on one lattice.
        shrunk = max(math.cos(math.radians(min(abs(lat), 90.0))), 1e-6)
        return _rounded(there.lon, metres / _DEGREE_M / shrunk), lat

    def _picture(self, row: CaseRow, who: Principal) -> str | None:
        if not self._settings.media:
            return None
        for item in row.evidence:
            masked = item.role == EvidenceRole.MASKED.value and item.replaced_by is None
            if masked and item.purged_at is None and who.sees_camera(item.camera):
                return f"{self._site.site.url.rstrip('/')}/v1/media/{item.sha256}"
        return None


def _code(kind: str, subtype: str) -> str:
    return f"{kind}-{subtype}"


def _status(stage: str) -> str:
    return "closed" if stage == Stage.CLOSED else "open"


def _crs(row: CaseRow) -> Any:
    return row.crs or "WGS84"


def _rounded(value: float, step: float) -> float:
    return round(round(value / step) * step, 7)


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _changed(session: Session, ids: Sequence[str]) -> Mapping[str, datetime]:
    """When something last happened to each."""
    last = func.max(LogRow.at).label("last")
    query = select(LogRow.case_id, last).where(LogRow.case_id.in_(ids)).group_by(LogRow.case_id)
    return {row.case_id: row.last for row in session.execute(query)}

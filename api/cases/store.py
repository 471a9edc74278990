"""CaseStore: cases as a key's holder sees them: listed, or one with its whole log."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from api.access.roles import Principal
from api.cases.listing import CaseFilter, newest
from api.cases.schemas import CaseDetail, CasePage
from api.cases.scope import scoped, unknown
from api.cases.suppression import Suppression
from api.cases.view import case_detail, case_view
from api.errors import DatabaseUnavailable
from api.site_in_force import SiteInForce
from api.storage.database import Database
from api.storage.tables import CaseRow
from vision.site import Site


class CaseStore:
    """Cases as a key's holder sees them; a case outside the key's scope does not exist."""

    def __init__(self, database: Database, site: Site | SiteInForce) -> None:
        self._database = database
        self._suppression = Suppression(site)

    def page(self, who: Principal, wanted: CaseFilter, after: str | None, limit: int) -> CasePage:
        """The newest `limit` cases behind the cursor `after` that the filter and key admit.

        A silence that has ended since the last look at a list ends its cases' stage now.
        """
        # Who only cannot write may still read.
        with suppress(DatabaseUnavailable):
            self._suppression.release_due(self._database, datetime.now(UTC))
        with self._database.read() as session:
            ids = newest(session, who, wanted, after, limit + 1)
            query = select(CaseRow).where(CaseRow.id.in_(ids[:limit])).order_by(CaseRow.id.desc())
            query = query.options(selectinload(CaseRow.evidence), selectinload(CaseRow.sightings))
            items = [case_view(row, who) for row in session.scalars(query)]
        return CasePage(items=items, next=items[-1].case_id if len(ids) > limit else None)

    def get(self, who: Principal, case_id: str) -> CaseDetail:
        """One case with its whole log.

        Raises:
            UnknownCase: there is none, as far as this key may see.
        """
        with self._database.read() as session:
            row = session.scalar(scoped(select(CaseRow).where(CaseRow.id == case_id), who))
            if row is None:
                raise unknown(case_id)
            return case_detail(row, who)

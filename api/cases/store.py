"""CaseStore: cases as a key's holder sees them: listed, or one with its whole log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from api.access.roles import Principal
from api.cases.case_filter import CaseFilter, Order
from api.cases.listing import cursor, find
from api.cases.schemas import CaseDetail, CasePage
from api.cases.scope import scoped, unknown
from api.cases.suppression import Suppression
from api.cases.view import case_detail, case_view
from api.errors import DatabaseUnavailable
from api.site_in_force import SiteInForce
from api.storage.database import Database
from api.storage.tables import CaseRow
from vision.site import Site

_PAGE = 500
"""Rows read at once where all are wanted: 2 MB."""


class CaseStore:
    """Cases as a key's holder sees them; a case outside the key's scope does not exist."""

    def __init__(self, database: Database, site: Site | SiteInForce) -> None:
        self._database = database
        self._suppression = Suppression(site)

    def page(
        self,
        who: Principal,
        wanted: CaseFilter,
        after: str | None,
        limit: int,
        *,
        order: Order = Order.NEWEST,
    ) -> CasePage:
        """The first `limit` cases behind the cursor `after` that the filter and key admit.

        A silence that has ended since the last look at a list ends its cases' stage now.
        """
        self.release_due()
        with self._database.read() as session:
            ids = find(session, who, wanted, after, limit + 1, order=order)
            query = select(CaseRow).where(CaseRow.id.in_(ids[:limit]))
            query = query.options(selectinload(CaseRow.evidence), selectinload(CaseRow.sightings))
            rows = {row.id: row for row in session.scalars(query)}
            listed = [rows[case_id] for case_id in ids[:limit]]
            items = [case_view(row, who) for row in listed]
        more = len(ids) > limit and listed
        return CasePage(items=items, next=cursor(listed[-1], order) if more else None)

    def rows(
        self, who: Principal, wanted: CaseFilter, *, order: Order = Order.NEWEST
    ) -> Iterator[Sequence[CaseRow]]:
        """The whole list in pages, each read by itself, without pictures and sightings."""
        self.release_due()
        after, more = None, True
        while more:
            with self._database.read() as session:
                ids = find(session, who, wanted, after, _PAGE, order=order)
                query = select(CaseRow).where(CaseRow.id.in_(ids))
                found = {row.id: row for row in session.scalars(query)}
            page = [found[case_id] for case_id in ids]
            more = len(page) == _PAGE
            if page:
                after = cursor(page[-1], order)
                yield page

    def newest_located(self, who: Principal, wanted: CaseFilter, limit: int) -> list[CaseRow]:
        """The newest cases that have a place on the map, without pictures and sightings."""
        self.release_due()
        with self._database.read() as session:
            ids = find(session, who, replace(wanted, located=True), None, limit)
            query = select(CaseRow).where(CaseRow.id.in_(ids)).order_by(CaseRow.id.desc())
            return list(session.scalars(query))

    def release_due(self) -> None:
        """End the stage of cases whose silence has ended since the last look at a list."""
        # Who only cannot write may still read.
        with suppress(DatabaseUnavailable):
            self._suppression.release_due(self._database, datetime.now(UTC))

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

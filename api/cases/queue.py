"""QueueDesk: the cases that wait for a person, in the order of what a minute is worth at each.

A list is for looking; `next` is for working: it claims the best case that nobody holds, so that two
who ask at once never get the same one.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Select, and_, case, func, literal_column, not_, or_, select
from sqlalchemy.orm import Session, selectinload

from api.access.roles import Principal
from api.cases.claims import free, give
from api.cases.queue_view import QueueItem, QueuePage, queue_item
from api.cases.ranking import parts, rank, value
from api.cases.schemas import CaseDetail
from api.cases.scope import scoped, within
from api.cases.second_review import differs
from api.cases.stages import WAITING, Stage
from api.cases.suppression import Suppression
from api.cases.view import case_detail
from api.errors import DatabaseUnavailable
from api.site_in_force import SiteInForce
from api.storage.database import Database
from api.storage.tables import CaseRow, ReviewRow, SightingRow
from vision.site import Site

# Said with literals and not parameters, as the index of these stages alone is declared.
_WAITS = CaseRow.stage.in_([literal_column(f"'{stage}'") for stage in sorted(WAITING)])


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which part of the queue is meant."""

    kind: str | None = None
    camera: str | None = None
    division: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The cases that wait, of this part."""
        found: list[ColumnElement[bool]] = [_WAITS]
        if self.kind is not None:
            found.append(CaseRow.kind == self.kind)
        if self.camera is not None:
            found.append(CaseRow.sightings.any(SightingRow.camera == self.camera))
        if self.division is not None:
            found.append(within([self.division]))
        return found


class QueueDesk:
    """The review queue, as a key's holder sees it.

    Args:
        database: of the cases.
        site: for how long a case is claimed, and which cases its silences release.
    """

    def __init__(self, database: Database, site: Site | SiteInForce) -> None:
        self._database = database
        site = SiteInForce.of(site)
        self._suppression = Suppression(site)
        self._length = site.now.review.claim

    def page(self, who: Principal, wanted: Narrowed, limit: int) -> QueuePage:
        """The best `limit` cases, and how many there are; what is not theirs now comes last.

        Not theirs is what others hold, and what they have confirmed first where two are asked for.
        """
        now = datetime.now(UTC)
        self._release(now)
        with self._database.read() as session:
            points = parts(now)
            best = value(points).label("value")
            query = select(CaseRow.id, best).where(*wanted.conditions())
            order = (_others(who, now), best.desc(), CaseRow.id)
            ids = session.scalars(scoped(query, who).order_by(*order).limit(limit)).all()
            ranked = select(CaseRow, *(one.label(name) for name, one in points.items()))
            ranked = ranked.where(CaseRow.id.in_(ids))
            ranked = ranked.options(selectinload(CaseRow.evidence), selectinload(CaseRow.sightings))
            found: dict[str, QueueItem] = {}
            for row, *given in session.execute(ranked):
                found[row.id] = queue_item(row, who, rank(dict(zip(points, given, strict=True))))
            return QueuePage(
                total=_count(session, who, wanted),
                by_kind=_by_kind(session, who, replace(wanted, kind=None)),
                by_camera=_by_camera(session, who, replace(wanted, camera=None)),
                items=[found[case_id] for case_id in ids if case_id in found],
            )

    def next(
        self,
        who: Principal,
        wanted: Narrowed,
        skip: Collection[str] = (),
        *,
        ahead: bool = False,
    ) -> CaseDetail | None:
        """Claim the best case that nobody holds and this person may decide; None for no such case.

        Args:
            who: the key's holder.
            wanted: of which part of the queue.
            skip: ids of cases that they do not want now.
            ahead: they still look at another one; nobody else goes without for that.
        """
        now = datetime.now(UTC)
        self._release(now)
        with self._database.write() as session:
            passed = set(skip)
            if ahead and not _enough(session, who, wanted, now):
                return None
            while (row := _best(session, who, wanted, passed, now)) is not None:
                if differs(row, who) is None:
                    give(row, who, now + self._length)
                    return case_detail(row, who)
                passed.add(row.id)  # they confirmed it first, under another key
        return None

    def total(self, who: Principal) -> int:
        """How many cases wait, as far as this key's holder sees."""
        with self._database.read() as session:
            return _count(session, who, Narrowed())

    def _release(self, now: datetime) -> None:
        # Who only cannot write may still read.
        with suppress(DatabaseUnavailable):
            self._suppression.release_due(self._database, now)


def _best(
    session: Session, who: Principal, wanted: Narrowed, passed: Collection[str], now: datetime
) -> CaseRow | None:
    """The best free case, locked; one that another transaction has locked is passed over."""
    query = scoped(select(CaseRow), who).where(
        *wanted.conditions(), free(now), not_(_own_first(who)), CaseRow.id.not_in(passed)
    )
    query = query.order_by(value(parts(now)).desc(), CaseRow.id).limit(1)
    return session.scalar(query.with_for_update(skip_locked=True))


def _enough(session: Session, who: Principal, wanted: Narrowed, now: datetime) -> bool:
    """Whether one may be held in reserve: a free one is left then for each who holds cases too.

    And one at least, as who holds none may be at the page as well.
    """
    holds = select(func.count(CaseRow.claimed_key.distinct())).where(_WAITS, not_(free(now)))
    others = session.scalar(holds.where(CaseRow.claimed_key != who.key_id)) or 0
    left = scoped(select(CaseRow.id), who).where(*wanted.conditions(), free(now))
    wanted_free = 1 + max(1, others)
    return len(session.scalars(left.limit(wanted_free)).all()) == wanted_free


def _others(who: Principal, now: datetime) -> ColumnElement[int]:
    """1 for what is not theirs to decide now, else 0."""
    theirs = and_(not_(free(now)), CaseRow.claimed_key != who.key_id)
    return case((or_(theirs, _own_first(who)), 1), else_=0)


def _own_first(who: Principal) -> ColumnElement[bool]:
    """Whether they are the first of two whose second is waited for, as far as SQL can tell."""
    last = select(ReviewRow.key_id).where(ReviewRow.case_id == CaseRow.id)
    last = last.order_by(ReviewRow.id.desc()).limit(1)
    by_them = func.coalesce(last.scalar_subquery(), "") == who.key_id
    return and_(CaseRow.stage == Stage.SECOND_REVIEW.value, by_them)


def _count(session: Session, who: Principal, wanted: Narrowed) -> int:
    query = scoped(select(func.count(CaseRow.id)).where(*wanted.conditions()), who)
    return session.scalar(query) or 0


def _by_kind(session: Session, who: Principal, wanted: Narrowed) -> dict[str, int]:
    query = select(CaseRow.kind, func.count()).where(*wanted.conditions())
    return _counts(session, scoped(query, who).group_by(CaseRow.kind))


def _by_camera(session: Session, who: Principal, wanted: Narrowed) -> dict[str, int]:
    """Each camera's: a case that two cameras have seen counts for both."""
    seen = func.count(SightingRow.case_id.distinct())
    query = select(SightingRow.camera, seen).join(CaseRow).where(*wanted.conditions())
    if who.cameras is not None:
        query = query.where(SightingRow.camera.in_(who.cameras))
    return _counts(session, scoped(query, who).group_by(SightingRow.camera))


def _counts(session: Session, query: Select[str, int]) -> dict[str, int]:
    return dict(sorted((name, count) for name, count in session.execute(query)))

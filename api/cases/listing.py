"""Listing: keyset pagination of cases: the ids that a filter and a key's scope admit, in order.

A list is first found as ids only, scanned in an index from one end until its page is full; then the
cases are read. The most selective condition leads: a number of the case system, else a text, else
a deadline, else the cameras (each one's sightings are in order of their cases' ids), else the
place, else the divisions, else kinds and stages. If several lead, the first of all are among the
first of each. So no list sorts or scans a table, however few cases match.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice, product

from sqlalchemy import ColumnElement, Select, literal, select, tuple_, union_all
from sqlalchemy.orm import QueryableAttribute, Session

from api.access.roles import Principal
from api.cases.case_filter import CaseFilter, Order
from api.cases.stages import Stage
from api.cases.text_search import Found, different, search
from api.storage.tables import CaseRow, SightingRow, UtcTime
from vision.registers.divisions import lies_in

_AT_ONCE = 100
"""Leading scans of one statement: SQLite refuses more than 500 (SQLITE_LIMIT_COMPOUND_SELECT)."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATED = re.compile(r"([0-9]{1,16})_(.+)")


def find(
    session: Session,
    who: Principal,
    wanted: CaseFilter,
    after: str | None,
    limit: int,
    *,
    order: Order = Order.NEWEST,
) -> list[str]:
    """The first `limit` ids behind the cursor `after` that the filter and the key admit."""
    walks = _Walks(
        who=who,
        wanted=wanted,
        divisions=_divisions(session, who, wanted.division),
        text=None if wanted.text is None else search(session, wanted.text),
        oldest=order is Order.OLDEST,
    )
    if order is not Order.DEADLINE:
        return _first(session, walks, after, limit)
    dated = _DATED.fullmatch(after or "")
    found: list[str] = []
    if after is None or dated is not None:
        found = list(session.scalars(walks.by_deadline(dated, limit)))
        after = None
    if len(found) < limit:
        found += _first(session, replace(walks, undated=True), after, limit - len(found))
    return found


def cursor(case: CaseRow, order: Order) -> str:
    """What `find` goes on behind, where this case was the last."""
    if order is not Order.DEADLINE or case.deadline_at is None:
        return case.id
    return f"{(case.deadline_at - _EPOCH) // timedelta(microseconds=1)}_{case.id}"


def _first(session: Session, walks: _Walks, after: str | None, limit: int) -> list[str]:
    found: set[str] = set()
    leads = (walks.page(walk, key, after, limit) for walk, key in walks.leads())
    while some := list(islice(leads, _AT_ONCE)):
        # SQLite takes an ORDER BY with a LIMIT in a compound only inside a subquery.
        parts = [select(lead.subquery()) for lead in some]
        found.update(session.scalars(parts[0] if len(parts) == 1 else union_all(*parts)))
    return sorted(found, reverse=not walks.oldest)[:limit]


def _divisions(session: Session, who: Principal, wanted: str | None) -> list[str] | None:
    """The codes that cases have, of those that somebody sees and asks for; None for all."""
    if who.divisions is None and wanted is None:
        return None
    return [
        code
        for code in different(session, CaseRow.division)
        if who.sees_division(code) and (wanted is None or lies_in(code, [wanted]))
    ]


_Key = QueryableAttribute[str] | ColumnElement[str]
_Lead = tuple[Select[str], _Key]
"""A scan in an index, and the column by which it is in order."""


@dataclass(frozen=True, slots=True)
class _Walks:
    """The scans of one list.

    Attributes:
        divisions: codes, one of which a case has to have; None for all.
        text: what was found of the words that are looked for.
        oldest: whether they come first.
        undated: only cases whose stage nothing says an end of.
    """

    who: Principal
    wanted: CaseFilter
    divisions: Sequence[str] | None
    text: Found | None
    oldest: bool = False
    undated: bool = False

    def leads(self) -> Iterator[_Lead]:
        """An index scan for each of what leads, or a single one."""
        if self.wanted.number is not None:
            for number in (CaseRow.task_no, CaseRow.file_no):
                yield self._cases(number == self.wanted.number, *self._all_but("number"))
        elif self.text is not None:
            for lead in self.text.leads():
                yield self._cases(lead, *self._all_but("text"))
        elif self.wanted.due_from is not None or self.wanted.due_until is not None:
            # By itself SQLite would walk all cases by their ids, and look at each one's deadline.
            due = select(CaseRow.id).where(*self._all_but()).cte("due")
            due = due.prefix_with("MATERIALIZED")
            yield select(due.c.id), due.c.id
        elif self._cameras is not None:
            yield from self._by_camera(self._cameras)
        elif self.divisions is not None:
            for division in self.divisions:
                yield self._cases(CaseRow.division == division, *self._all_but("divisions"))
        else:
            kinds = [None] if self._kinds is None else self._kinds
            stages: Collection[Stage | None] = self.wanted.stages or [None]
            for kind, stage in product(kinds, stages):
                narrowed = replace(self.wanted, stages=()).conditions() + self._dated()
                narrowed += [] if kind is None else [CaseRow.kind == kind]
                narrowed += [] if stage is None else [CaseRow.stage == stage.value]
                yield self._cases(*narrowed)

    def page(self, walk: Select[str], key: _Key, after: str | None, limit: int) -> Select[str]:
        """One page of a scan."""
        if after is not None:
            walk = walk.where(key > after if self.oldest else key < after)
        return walk.order_by(key.asc() if self.oldest else key.desc()).limit(limit)

    def by_deadline(self, after: re.Match[str] | None, limit: int) -> Select[str]:
        """One page of the cases with a deadline: those that a case system works on, not all."""
        walk = select(CaseRow.id).where(CaseRow.deadline_at.is_not(None), *self._all_but())
        if after is not None:
            at = _EPOCH + timedelta(microseconds=int(after[1]))
            behind = tuple_(literal(at, UtcTime()), literal(after[2]))
            walk = walk.where(tuple_(CaseRow.deadline_at, CaseRow.id) > behind)
        return walk.order_by(CaseRow.deadline_at, CaseRow.id).limit(limit)

    def _by_camera(self, cameras: Sequence[str]) -> Iterator[_Lead]:
        conditions = self._all_but("cameras")
        if self.wanted.camera is not None and not self.who.sees_camera(self.wanted.camera):
            conditions.append(_seen_by(self.wanted.camera))
        for camera in cameras:
            walk = select(SightingRow.case_id).join(CaseRow).where(SightingRow.camera == camera)
            walk = walk.where(*conditions).group_by(SightingRow.case_id)
            yield walk, SightingRow.case_id

    def _cases(self, *conditions: ColumnElement[bool]) -> _Lead:
        return select(CaseRow.id).where(*conditions), CaseRow.id

    def _all_but(self, lead: str = "") -> list[ColumnElement[bool]]:
        """Every condition but that of what leads."""
        found = self.wanted.conditions() + self._dated()
        if self._kinds is not None:
            found.append(CaseRow.kind.in_(self._kinds))
        if self.divisions is not None and lead != "divisions":
            found.append(CaseRow.division.in_(self.divisions))
        if self.text is not None and lead != "text":
            found.append(self.text.condition())
        if lead != "cameras":
            of = (self.who.cameras, self.wanted.camera and [self.wanted.camera])
            found += [_seen_by(*cameras) for cameras in of if cameras is not None]
        if self.wanted.number is not None and lead != "number":
            number = self.wanted.number
            found.append((CaseRow.task_no == number) | (CaseRow.file_no == number))
        return found

    def _dated(self) -> list[ColumnElement[bool]]:
        return [CaseRow.deadline_at.is_(None)] if self.undated else []

    @property
    def _kinds(self) -> Sequence[str] | None:
        """The kinds that a list is narrowed to; None for all."""
        kind, kinds = self.wanted.kind, self.who.kinds
        if kind is None:
            return None if kinds is None else sorted(kinds)
        return [kind] if kinds is None or kind in kinds else []

    @property
    def _cameras(self) -> Sequence[str] | None:
        """The cameras one of which has to have seen a case; None for all."""
        if self.wanted.camera is not None and self.who.sees_camera(self.wanted.camera):
            return [self.wanted.camera]
        return None if self.who.cameras is None else sorted(self.who.cameras)


def _seen_by(*cameras: str) -> ColumnElement[bool]:
    return CaseRow.sightings.any(SightingRow.camera.in_(cameras))

"""LogReader: the case log from a number on, as it was committed.

It goes by the site's number of each entry's record, and not by the entry's own: the records' are
given under the lock under which transactions end, so none appears behind one that was read.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.access.roles import Principal
from api.cases.announcement import CaseEvent
from api.cases.scope import holds
from api.live.event import LiveEvent, Name
from api.storage.database import Database
from api.storage.tables import CaseRow, ChainRow, LogRow, RecordRow, SightingRow

_REASSIGNED = CaseEvent.REASSIGNED.value


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the log with what decides who may know of it."""

    no: int
    case_id: str
    action: str
    stage: str
    kind: str
    camera: str
    division: str
    cameras: frozenset[str]
    former: str | None = None
    """The division that the case was in until this entry."""

    def event_for(self, who: Principal) -> LiveEvent | None:
        """What this key's holder is told; None where they do not see the case."""
        ends = (self.division, self.former)
        if not any(
            holds(who, kind=self.kind, division=end, cameras=self.cameras)
            for end in ends
            if end is not None
        ):
            return None
        said = {"id": self.case_id, "stage": self.stage, "kind": self.kind}
        more = {"camera": self.camera, "entry": self.action}
        return LiveEvent(Name.CASE, said | more, self.no)


class LogReader:
    """Reads a database's log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def head(self) -> int:
        """The number of the newest entry.

        Raises:
            DatabaseUnavailable: it cannot be read now.
        """
        with self._database.read() as session:
            return session.scalars(select(ChainRow.site_no)).one()

    def between(self, after: int, until: int | None, limit: int) -> list[Entry]:
        """The first `limit` entries behind `after`, up to `until`, in order.

        Raises:
            DatabaseUnavailable: they cannot be read now.
        """
        wanted = (RecordRow.site_no, LogRow.case_id, LogRow.action, LogRow.stage)
        query = select(*wanted, CaseRow.kind, CaseRow.camera, CaseRow.division)
        query = query.join(LogRow, LogRow.id == RecordRow.log_id)
        query = query.join(CaseRow, CaseRow.id == LogRow.case_id)
        query = query.where(RecordRow.site_no > after).order_by(RecordRow.site_no).limit(limit)
        if until is not None:
            query = query.where(RecordRow.site_no <= until)
        with self._database.read() as session:
            rows = session.execute(query).all()
            seen = _cameras(session, {row.case_id for row in rows})
            left = _left(session, [row.site_no for row in rows if row.action == _REASSIGNED])
        return [Entry(*row, seen[row.case_id], left.get(row.site_no)) for row in rows]


def _left(session: Session, numbers: list[int]) -> dict[int, str]:
    """The divisions that cases left with these entries: there it has to go from the lists."""
    if not numbers:
        return {}
    query = select(RecordRow.site_no, LogRow.data).join(LogRow, LogRow.id == RecordRow.log_id)
    rows = session.execute(query.where(RecordRow.site_no.in_(numbers)))
    return {no: data["was"]["from"] for no, data in rows}


def _cameras(session: Session, cases: set[str]) -> dict[str, frozenset[str]]:
    """Which cameras have seen each of these cases."""
    found: dict[str, set[str]] = defaultdict(set)
    if cases:
        query = select(SightingRow.case_id, SightingRow.camera)
        for case_id, camera in session.execute(query.where(SightingRow.case_id.in_(cases))):
            found[case_id].add(camera)
    return {case_id: frozenset(found[case_id]) for case_id in cases}

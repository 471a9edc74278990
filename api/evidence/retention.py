"""Purge: forgets evidence that has been kept for as long as the site's retention says.

A file is first taken from its case, with a proof row and an entry in the log, in one transaction;
then it is removed, unless another case has the same one. So a purge that is killed goes on the next
time, and nothing is removed of which no row says why. Files that no row knows are never removed:
what looks like a leftover may belong to an event that is still to be stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from api.cases.legal_use import PENALTY_EVIDENCE
from api.cases.log import enter
from api.cases.stages import DECIDABLE, UNFOUNDED, Stage
from api.storage.database import Database
from api.storage.tables import CaseRow, EvidenceRow, LogRow, PurgeRow
from api.words.said import say
from vision.evidence import EvidenceRole
from vision.evidence.store import EvidenceStore
from vision.site.retention import Retention

PURGED = "purged"
"""Action of the log's entry."""
_KEPT_FOR_NONE = (PURGED, "opinion")
"""Actions that do not count as one after which a case is kept on: nothing has happened to it."""
_PAGE = 200
_CLIP = "video/"


@dataclass(frozen=True, slots=True)
class Due:
    """A file whose time is over.

    Attributes:
        case_id: of its case.
        evidence: the row's id.
        sha256, role, media_type, size: of the file; bytes.
        rule: which part of the retention let it go, and after how long.
        since: when that was (UTC).
    """

    case_id: str
    evidence: int
    sha256: str
    role: str
    media_type: str
    size: int
    rule: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge did: files taken from their cases, files removed, and their bytes."""

    taken: int
    removed: int
    size: int


def _now() -> datetime:
    return datetime.now(UTC)


class Purge:
    """Purges the evidence of one site.

    Args:
        database: its cases.
        evidence: its files.
        retention: how long they are kept.
        now: the clock, UTC.
    """

    def __init__(
        self,
        database: Database,
        evidence: EvidenceStore,
        retention: Retention,
        *,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._database = database
        self._evidence = evidence
        self._retention = retention
        self._now = now

    def run(self, stopping: Callable[[], bool] = lambda: False) -> Purged:
        """Purge all that is due, and what an earlier purge left; any number may run at once.

        Args:
            stopping: asked between two cases and between two files.

        Raises:
            DatabaseUnavailable: not all was purged; the next purge goes on.
            EvidenceUnavailable: the same.
        """
        taken = 0
        for case_id in self._cases():
            if stopping():
                break
            taken += self._take(case_id)
        removed = size = 0
        for purge_id in self._left():
            if stopping():
                break
            gone = self._remove(purge_id)
            removed, size = removed + (gone is not None), size + (gone or 0)
        return Purged(taken, removed, size)

    def due(self) -> Iterator[Due]:
        """What `run` would take from its case now, case by case.

        Raises:
            DatabaseUnavailable: the cases cannot be read now.
        """
        for case_id in self._cases():
            with self._database.read() as session:
                yield from self._due(session, case_id, held=False)

    def strays(self) -> Iterator[tuple[str, int]]:
        """Files in the store that no case knows: digest and bytes. They are never removed.

        Raises:
            DatabaseUnavailable: the cases cannot be read now.
            EvidenceUnavailable: the store cannot be listed now.
        """
        page: dict[str, int] = {}
        for stored in self._evidence.list():
            page[stored.sha256] = stored.size
            if len(page) == _PAGE:
                yield from self._unknown(page)
                page.clear()
        yield from self._unknown(page)

    def _unknown(self, page: dict[str, int]) -> list[tuple[str, int]]:
        with self._database.read() as session:
            rows = select(EvidenceRow.sha256).where(EvidenceRow.sha256.in_(page))
            known = set(session.scalars(rows))
        return [(digest, size) for digest, size in page.items() if digest not in known]

    def _cases(self) -> Iterator[str]:
        """Ids of the cases that have evidence and are neither on hold nor under appeal."""
        after = ""
        while True:
            query = (
                select(CaseRow.id)
                .where(CaseRow.id > after, CaseRow.hold.is_(None), CaseRow.appealed_at.is_(None))
                .where(CaseRow.evidence.any(EvidenceRow.purged_at.is_(None)))
                .order_by(CaseRow.id)
                .limit(_PAGE)
            )
            with self._database.read() as session:
                found = list(session.scalars(query))
            yield from found
            if len(found) < _PAGE:
                return
            after = found[-1]

    def _due(self, session: Session, case_id: str, *, held: bool) -> list[Due]:
        """The files of a case whose time is over, with the case's row locked if it is `held`."""
        query = select(CaseRow).where(CaseRow.id == case_id)
        case = session.scalar(query.with_for_update() if held else query)
        if case is None or case.hold is not None or case.appealed_at is not None:
            return []
        entries = (LogRow.case_id == case_id, LogRow.action.not_in(_KEPT_FOR_NONE))
        last = session.scalar(select(func.max(LogRow.at)).where(*entries)) or case.created_at
        rule, life = _class_of(case, self._retention)
        clips = self._retention.of(case.kind).raw_clips
        evidence = case.legal_use == PENALTY_EVIDENCE and rule == "confirmed"
        now, found = self._now(), []
        for row in case.evidence:
            if row.purged_at is not None:
                continue
            over = [(last + life, _said(rule, life))]
            if row.media_type.startswith(_CLIP) and not evidence:
                over.append((row.captured_at + clips, _said("raw_clips", clips)))
            since, why = min(over)
            if since <= now:
                found.append(
                    Due(
                        case_id,
                        row.id,
                        row.sha256,
                        row.role,
                        row.media_type,
                        row.size,
                        why,
                        since,
                    )
                )
        return found

    def _take(self, case_id: str) -> int:
        """Take what is due from a case, with its proof; how many files."""
        with self._database.write() as session:
            due = self._due(session, case_id, held=True)
            if not due:
                return 0
            case = session.get_one(CaseRow, case_id)
            rows = {row.id: row for row in case.evidence}
            now = self._now()
            for one in due:
                row = rows[one.evidence]
                row.purged_at = now
                session.add(_proof(one, row, now))
            # A plate is kept as long as a picture of it, one that a person said without a
            # picture as long as any other.
            subjects = [row for row in case.evidence if row.role == EvidenceRole.SUBJECT.value]
            if all(row.purged_at is not None for row in subjects or case.evidence):
                case.plate = None
            rules = dict.fromkeys(one.rule for one in due)
            files = [{"sha256": one.sha256, "role": one.role, "rule": one.rule} for one in due]
            enter(
                session,
                case,
                PURGED,
                by="retention",
                reason=say("kept_until_now", rules=list(rules)),
                data={"files": files},
                at=now,
            )
        return len(due)

    def _left(self) -> Iterator[int]:
        """Ids of the proofs whose file is still to be removed, in their order."""
        after = 0
        while True:
            query = (
                select(PurgeRow.id)
                .where(PurgeRow.removed_at.is_(None), PurgeRow.id > after)
                .order_by(PurgeRow.id)
                .limit(_PAGE)
            )
            with self._database.read() as session:
                found = list(session.scalars(query))
            yield from found
            if len(found) < _PAGE:
                return
            after = found[-1]

    def _remove(self, purge_id: int) -> int | None:
        """Remove the file of a proof; its bytes, or None where another case has the same file."""
        with self._database.write() as session:
            # New evidence is written into a case under the same lock, so that what is asked here
            # still holds when the file goes.
            self._database.decide_alone(session)
            proof = session.get_one(PurgeRow, purge_id, with_for_update=True)
            if proof.removed_at is not None:
                return None
            same = (EvidenceRow.sha256 == proof.sha256, EvidenceRow.purged_at.is_(None))
            if session.scalar(select(exists().where(*same))):
                return None
            self._evidence.delete(proof.sha256)
            proof.removed_at = self._now()
            return proof.size


def _class_of(case: CaseRow, retention: Retention) -> tuple[str, timedelta]:
    stage, kept = Stage(case.stage), retention.of(case.kind)
    if stage is Stage.REJECTED or case.outcome in UNFOUNDED:
        return "rejected", kept.rejected
    if stage in DECIDABLE:
        return "undecided", kept.undecided
    return "confirmed", kept.confirmed


def _said(rule: str, life: timedelta) -> str:
    return f"{rule}: {life.total_seconds() / 86400:g}d"


def _proof(one: Due, row: EvidenceRow, now: datetime) -> PurgeRow:
    return PurgeRow(
        case_id=one.case_id,
        sha256=one.sha256,
        role=one.role,
        media_type=one.media_type,
        size=one.size,
        captured_at=row.captured_at,
        rule=one.rule,
        due_at=one.since,
        decided_at=now,
    )

"""AuditStore: the rows of audits and of their files."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from ulid import ULID

from api.access.roles import Principal
from api.audits.names import checked, under
from api.audits.state import (
    LARGEST_AUDIT,
    LARGEST_FILE,
    MOST_FILES,
    MOST_UNFINISHED,
    OVER,
    State,
)
from api.errors import AuditTooLarge, CaseError, UnknownAudit
from api.storage.database import Database
from api.storage.tables import AuditFileRow, AuditRow
from api.words.said import Said, say

_WAITS = (State.QUEUED.value, State.RUNNING.value)


class AuditStore:
    """Makes, finds, changes and forgets rows; who may is asked before."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(self, who: Principal, name: str, language: Literal["zh", "en"]) -> AuditRow:
        """A new audit that waits for its files.

        Raises:
            CaseError: they have too many that are not over.
        """
        now = datetime.now(UTC)
        with self._database.write() as session:
            # Two at once of one key may each count the other out: one more harms nobody.
            unfinished = session.scalar(
                select(func.count())
                .select_from(AuditRow)
                .where(AuditRow.key_id == who.key_id, AuditRow.state.not_in(_values(OVER)))
            )
            if (unfinished or 0) >= MOST_UNFINISHED:
                raise CaseError(say("audits_unfinished", most=MOST_UNFINISHED))
            row = AuditRow(
                id=f"AU-{ULID()}",
                name=name,
                language=language,
                state=State.UPLOADING.value,
                by=who.label,
                key_id=who.key_id,
                created_at=now,
                changed_at=now,
                deaths=0,
            )
            session.add(row)
        return row

    def get(self, audit_id: str) -> AuditRow:
        """The audit of this id.

        Raises:
            UnknownAudit: there is none.
        """
        with self._database.read() as session:
            return _audit(session, audit_id)

    def page(self, before: str | None, limit: int) -> list[AuditRow]:
        """Audits from the newest down, those made before the one of this id."""
        query = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
        if before is not None:
            query = query.where(AuditRow.id < before)
        with self._database.read() as session:
            return list(session.scalars(query))

    def files(self, audit_id: str) -> list[AuditFileRow]:
        """The files of an audit, by name."""
        query = select(AuditFileRow).where(AuditFileRow.audit_id == audit_id)
        with self._database.read() as session:
            return list(session.scalars(query.order_by(AuditFileRow.name)))

    def file(self, audit_id: str, file_id: str) -> AuditFileRow:
        """A file of an audit.

        Raises:
            UnknownAudit: it has no such file.
        """
        with self._database.read() as session:
            row = session.get(AuditFileRow, file_id)
        if row is None or row.audit_id != audit_id:
            raise UnknownAudit(say("audit_file_unknown", audit=audit_id, file=file_id))
        return row

    def add_file(self, audit_id: str, name: str, size: int) -> AuditFileRow:
        """A file that is about to be uploaded.

        Raises:
            UnknownAudit: there is no such audit.
            AuditTooLarge: it is too large, or the audit with it.
            CaseError: its name cannot be used or is used, or the audit has been started.
        """
        checked(name)
        if size > LARGEST_FILE:
            raise AuditTooLarge(say("audit_file_large", name=name, most=LARGEST_FILE))
        try:
            with self._database.write() as session:
                audit = _audit(session, audit_id, held=True)
                _is_uploading(audit)
                self._has_room(session, audit_id, name, size)
                row = AuditFileRow(id=str(ULID()), audit_id=audit_id, name=name, size=size)
                session.add(row)
        except IntegrityError:
            raise CaseError(say("audit_file_twice", name=name)) from None
        return row

    def _has_room(self, session: Session, audit_id: str, name: str, size: int) -> None:
        mine = AuditFileRow.audit_id == audit_id
        count, total = session.execute(
            select(func.count(), func.coalesce(func.sum(AuditFileRow.size), 0)).where(mine)
        ).one()
        if count >= MOST_FILES:
            raise AuditTooLarge(say("audit_files_many", most=MOST_FILES))
        if total + size > LARGEST_AUDIT:
            raise AuditTooLarge(say("audit_large", most=LARGEST_AUDIT))
        taken = session.scalar(
            select(AuditFileRow.name).where(
                mine,
                AuditFileRow.name.in_([name, *under(name)])
                | AuditFileRow.name.startswith(f"{name}/", autoescape=True),
            )
        )
        if taken is not None:
            raise CaseError(say("audit_file_twice", name=taken))

    def remove_file(self, audit_id: str, file_id: str) -> None:
        """Forget a file of an audit that has not been started.

        Raises:
            UnknownAudit: there is no such file.
            CaseError: the audit has been started.
        """
        with self._database.write() as session:
            _is_uploading(_audit(session, audit_id, held=True))
            mine = (AuditFileRow.id == file_id, AuditFileRow.audit_id == audit_id)
            if session.scalar(delete(AuditFileRow).where(*mine).returning(AuditFileRow.id)) is None:
                raise UnknownAudit(say("audit_file_unknown", audit=audit_id, file=file_id))

    def queue(self, audit_id: str) -> AuditRow:
        """Let an audit take its turn; one that has been started already is left as it is.

        Raises:
            UnknownAudit: there is no such audit.
            CaseError: it was cancelled.
        """
        with self._database.write() as session:
            row = _audit(session, audit_id, held=True)
            if row.state == State.CANCELLED:
                raise CaseError(say("audit_cancelled"))
            if row.state == State.UPLOADING:
                row.state, row.changed_at = State.QUEUED.value, datetime.now(UTC)
                row.queued_at = row.changed_at
        return row

    def cancel(self, audit_id: str) -> AuditRow:
        """End an audit; one that is over is left as it is.

        Raises:
            UnknownAudit: there is no such audit.
        """
        with self._database.write() as session:
            row = _audit(session, audit_id, held=True)
            if State(row.state) not in OVER:
                row.state, row.changed_at = State.CANCELLED.value, datetime.now(UTC)
        return row

    def forget(self, audit_id: str) -> None:
        """Remove an audit's rows; one that is gone is gone."""
        with self._database.write() as session:
            session.execute(delete(AuditFileRow).where(AuditFileRow.audit_id == audit_id))
            session.execute(delete(AuditRow).where(AuditRow.id == audit_id))

    def waiting(self) -> list[AuditRow]:
        """Those that are to run or should be running, in the order in which they were started."""
        query = select(AuditRow).where(AuditRow.state.in_(_WAITS)).order_by(AuditRow.queued_at)
        with self._database.read() as session:
            return list(session.scalars(query))

    def states(self, ids: Collection[str]) -> dict[str, State]:
        """How these stand; one that is gone is left out."""
        query = select(AuditRow.id, AuditRow.state).where(AuditRow.id.in_(ids))
        with self._database.read() as session:
            return {found: State(state) for found, state in session.execute(query)}

    def run(self, audit_id: str) -> bool:
        """Note that it runs; False where it is not to run any more."""
        change = update(AuditRow).where(AuditRow.id == audit_id, AuditRow.state.in_(_WAITS))
        now = datetime.now(UTC)
        with self._database.write() as session:
            done = session.scalar(
                change.values(state=State.RUNNING.value, changed_at=now).returning(AuditRow.id)
            )
        return done is not None

    def progress(self, audit_id: str, progress: dict[str, Any]) -> None:
        """Note how far it is."""
        with self._database.write() as session:
            session.execute(
                update(AuditRow).where(AuditRow.id == audit_id).values(progress=progress)
            )

    def end(
        self, audit_id: str, *, counts: dict[str, Any] | None = None, error: Said | None = None
    ) -> None:
        """Note that it is done, with its report's counts, or has failed; not of a cancelled one."""
        state = State.DONE if error is None else State.FAILED
        told = error and {"code": error.code, "params": dict(error.params), "detail": str(error)}
        change = update(AuditRow).where(AuditRow.id == audit_id, AuditRow.state.in_(_WAITS))
        with self._database.write() as session:
            session.execute(
                change.values(
                    state=state.value, changed_at=datetime.now(UTC), counts=counts, error=told
                )
            )

    def died(self, audit_id: str) -> int:
        """Let it run again, for its process died under it; how often that has happened."""
        with self._database.write() as session:
            row = session.get(AuditRow, audit_id, with_for_update=True)
            if row is None:
                return 0
            row.deaths += 1
            return row.deaths

    def old(self, now: datetime, kept: timedelta) -> Iterable[str]:
        """Those that are over, or were never started, for longer than this."""
        query = select(AuditRow.id).where(
            AuditRow.state.in_(_values({*OVER, State.UPLOADING})), AuditRow.changed_at < now - kept
        )
        with self._database.read() as session:
            return list(session.scalars(query))


def _values(states: Iterable[State]) -> list[str]:
    return [state.value for state in states]


def _audit(session: Session, audit_id: str, *, held: bool = False) -> AuditRow:
    row = session.get(AuditRow, audit_id, with_for_update=held)
    if row is None:
        raise UnknownAudit(say("audit_unknown", audit=audit_id))
    return row


def _is_uploading(audit: AuditRow) -> None:
    if audit.state != State.UPLOADING:
        raise CaseError(say("audit_started"))

"""AuditDesk: what routes ask for audits, over rows, folders and the runner."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from api.access.roles import Principal
from api.audits.candidates import Candidate, Candidates
from api.audits.folders import Folders
from api.audits.followers import Followers
from api.audits.runner import Runner
from api.audits.shown import Source
from api.audits.state import OVER, State
from api.audits.store import AuditStore
from api.errors import AuditNoRoom, CaseError, UnknownAudit
from api.site_in_force import SiteInForce
from api.storage.database import Database
from api.storage.tables import AuditFileRow, AuditRow
from api.words.said import say
from vision.audit.records import Report


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file of an audit, with how many of its bytes have come."""

    row: AuditFileRow
    offset: int


class AuditDesk:
    """Makes audits, takes their files, starts and ends them, gives their reports.

    Args:
        database: of the site.
        in_force: its model, its retention and its data folder.
        candidates: puts what an audit shows to review.
        stands: whether a key or session still opens what it did.

    Attributes:
        store, folders, runner, followers: the parts.
    """

    def __init__(
        self,
        database: Database,
        in_force: SiteInForce,
        candidates: Candidates,
        stands: Callable[[Principal], bool],
    ) -> None:
        self._candidates = candidates
        self.store = AuditStore(database)
        self.folders = Folders(in_force.now.storage.folder / "audits")

        def kept() -> timedelta | None:
            retention = in_force.now.retention
            return None if retention is None else retention.audits

        self.runner = Runner(self.store, self.folders, lambda: in_force.now.model, kept)
        self.followers = Followers(self.store, stands)

    def make(self, who: Principal, name: str, language: Literal["zh", "en"]) -> AuditRow:
        """A new audit.

        Raises:
            CaseError: they have too many that are not over.
            EvidenceUnavailable: its folder cannot be made.
        """
        row = self.store.make(who, name, language)
        try:
            self.folders.make(row.id)
        except BaseException:
            self.store.forget(row.id)
            raise
        return row

    def files(self, audit_id: str) -> list[Uploaded]:
        """Its files, by name; none of an audit that lies on another machine."""
        rows = self.store.files(audit_id)
        if not self.folders.of(audit_id).is_dir():
            return []
        return [Uploaded(row, self.folders.offset(row)) for row in rows]

    def add_file(self, audit_id: str, name: str, size: int) -> AuditFileRow:
        """A new file, of which nothing has come.

        Raises:
            UnknownAudit: there is no such audit here.
            AuditTooLarge: it is too large.
            AuditNoRoom: the disk has no room for all of it.
            CaseError: it cannot have this name, or the audit has been started.
        """
        row = self.store.add_file(audit_id, name, size)
        try:
            self.folders.begin(row)
        except AuditNoRoom:
            self.store.remove_file(audit_id, row.id)
            raise
        return row

    def open_file(self, audit_id: str, file_id: str) -> AuditFileRow:
        """A file that may be appended to.

        Raises:
            UnknownAudit: there is no such file.
            CaseError: the audit has been started.
        """
        row = self.store.file(audit_id, file_id)
        if self.store.get(audit_id).state != State.UPLOADING:
            raise CaseError(say("audit_started"))
        return row

    def remove_file(self, audit_id: str, file_id: str) -> None:
        """Remove a file of an audit that has not been started.

        Raises:
            UnknownAudit: there is no such file.
            CaseError: the audit has been started.
        """
        row = self.store.file(audit_id, file_id)
        self.store.remove_file(audit_id, file_id)
        self.folders.remove_file(row)

    def start(self, audit_id: str) -> AuditRow:
        """Let it take its turn; one that was started already is left as it is.

        Raises:
            UnknownAudit: there is no such audit.
            CaseError: it was cancelled, is empty, or not all of it has come.
        """
        row = self.store.get(audit_id)
        if row.state == State.UPLOADING:
            files = self.files(audit_id)
            if not files:
                raise CaseError(say("audit_empty"))
            short = [one.row.name for one in files if one.offset < one.row.size]
            if short:
                raise CaseError(say("audit_incomplete", files=len(short), name=short[0]))
            self.folders.lay_out(audit_id, [one.row for one in files])
        row = self.store.queue(audit_id)
        self.runner.wake()
        return row

    def cancel(self, audit_id: str) -> AuditRow:
        """End it; one that is over is left as it is.

        Raises:
            UnknownAudit: there is no such audit.
        """
        row = self.store.cancel(audit_id)
        self.runner.wake()
        return row

    def remove(self, audit_id: str) -> None:
        """Remove it with its files and its report.

        Raises:
            UnknownAudit: there is no such audit.
            CaseError: it runs, or has not quite ended.
        """
        row = self.store.get(audit_id)
        if State(row.state) not in {*OVER, State.UPLOADING}:
            raise CaseError(say("audit_runs"))
        lock = self.folders.claim(audit_id)
        if lock is None:
            if self.folders.of(audit_id).is_dir():
                raise CaseError(say("audit_runs"))
            self.store.forget(audit_id)
            return
        with lock:
            self.store.forget(audit_id)
            self.folders.remove(audit_id)

    def cases(
        self, who: Principal, audit_id: str, wanted: Collection[str] | None
    ) -> tuple[list[Candidate], int]:
        """Put violations of its report to review, those wanted or all; see `Candidates.put`.

        Raises:
            UnknownAudit: there is no such audit, or no such violation.
            CaseError: it is not done.
        """
        path = self.result(audit_id, "report.json")
        row = self.store.get(audit_id)
        report = Report.model_validate_json(path.read_bytes())
        known = {violation.id for violation in report.violations}
        for one in wanted or ():
            if one not in known:
                raise UnknownAudit(say("audit_violation_unknown", audit=audit_id, violation=one))
        source = Source(report, path.parent, self.folders.given(audit_id), row.created_at)
        return self._candidates.put(who, source, wanted)

    def result(self, audit_id: str, name: str) -> Path:
        """A file of its report.

        Args:
            name: of the file within the report's folder; one that exists by the program's own
                lists or pattern, never as a client writes it.

        Raises:
            UnknownAudit: there is no such audit, or no such file.
            CaseError: it is not done.
        """
        row = self.store.get(audit_id)
        if row.state != State.DONE:
            raise CaseError(say("audit_not_done"))
        path = self.folders.report(audit_id) / name
        if not path.is_file():
            raise UnknownAudit(say("audit_file_unknown", audit=audit_id, file=name))
        return path

    def results(self, audit_id: str, names: Sequence[str]) -> list[tuple[str, Path]]:
        """All that its report consists of: these files and its pictures, by their names.

        Raises:
            UnknownAudit: there is no such audit.
            CaseError: it is not done.
        """
        whole = [(name, self.result(audit_id, name)) for name in names]
        folder = self.folders.report(audit_id)
        shown = sorted((folder / "pictures").iterdir())
        return whole + [(str(path.relative_to(folder)), path) for path in shown]

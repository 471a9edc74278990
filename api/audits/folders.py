"""Folders: where an audit's files and its report lie on this machine.

audits/AU-01J9…/files/01J9…   what was uploaded, by the file's id
                given/…       the same, linked under the names that the client gave
                out/          the report, as `streetwarden audit` writes it
                lock          held by who runs it
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from api.errors import AuditNoRoom, AuditTooLarge, CaseError, UnknownAudit
from api.storage.tables import AuditFileRow
from api.words.said import say
from vision import durable
from vision.errors import EvidenceUnavailable
from vision.evidence.space import spare
from vision.sources.listing import natural

_LOOK_EVERY = 64 * 2**20
"""Bytes after which an upload looks again whether the disk has room."""


@dataclass(slots=True)
class Upload:
    """A file that is being written to, by this holder alone.

    Attributes:
        offset: bytes that are there.
        size: bytes that it will have.
    """

    file: BinaryIO
    offset: int
    size: int
    _looked_at: int = 0

    def write(self, content: bytes) -> None:
        """Append bytes.

        Raises:
            AuditTooLarge: more than the file was said to have; none of these is kept.
            AuditNoRoom: the disk is full; what is there stays.
        """
        if self.offset + len(content) > self.size:
            raise AuditTooLarge(say("audit_file_longer", size=self.size))
        try:
            if self.offset >= self._looked_at:
                self._looked_at = self.offset + _LOOK_EVERY
                if spare(Path(self.file.name)) < len(content):
                    raise AuditNoRoom(say("audit_no_room"))
            self.file.write(content)
            self.file.flush()
        except OSError as error:
            raise AuditNoRoom(say("audit_no_room")) from error
        self.offset += len(content)

    def sync(self) -> None:
        """Put what was written onto the disk."""
        os.fsync(self.file.fileno())


class Folders:
    """The folders of all audits of this machine, under `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def of(self, audit_id: str) -> Path:
        """The folder of an audit, whose id a row has."""
        return self.root / audit_id

    def report(self, audit_id: str) -> Path:
        """The folder of its report."""
        return self.of(audit_id) / "out"

    def make(self, audit_id: str) -> None:
        """Make the folder of an audit; nobody but the server's user reads it.

        Raises:
            EvidenceUnavailable: it cannot be made.
        """
        try:
            durable.make_folder(self.root)
            self.root.chmod(0o700)
            durable.make_folder(self.of(audit_id) / "files")
        except OSError as error:
            raise EvidenceUnavailable(
                f"{self.root}: cannot be written to ({error.strerror}); free space or make the "
                "folder writable"
            ) from error

    def begin(self, row: AuditFileRow) -> None:
        """Make the empty file of an upload.

        Raises:
            AuditNoRoom: all that it will have does not fit onto the disk.
        """
        path = self._file(row.audit_id, row.id)
        try:
            if spare(path.parent) < row.size:
                raise AuditNoRoom(say("audit_no_room"))
            path.touch(mode=durable.PRIVATE)
        except OSError as error:
            raise AuditNoRoom(say("audit_no_room")) from error

    def offset(self, row: AuditFileRow) -> int:
        """How many bytes of a file have come.

        Raises:
            UnknownAudit: it does not lie on this machine.
        """
        try:
            return self._file(row.audit_id, row.id).stat().st_size
        except FileNotFoundError:
            raise UnknownAudit(say("audit_file_unknown", audit=row.audit_id, file=row.id)) from None

    @contextmanager
    def upload(self, row: AuditFileRow, offset: int) -> Iterator[Upload]:
        """Write to a file, from where it ends.

        Raises:
            UnknownAudit: it does not lie on this machine.
            CaseError: it ends elsewhere, or somebody else is writing to it.
        """
        if not self.of(row.audit_id).is_dir():
            raise UnknownAudit(say("audit_file_unknown", audit=row.audit_id, file=row.id))
        with self._file(row.audit_id, row.id).open("ab", buffering=0) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CaseError(say("audit_file_busy")) from None
            there = os.fstat(file.fileno()).st_size
            if there != offset:
                raise CaseError(say("audit_offset", offset=offset, there=there))
            yield Upload(file, there, row.size)

    def remove_file(self, row: AuditFileRow) -> None:
        """Remove a file; one that is not there is removed already."""
        self._file(row.audit_id, row.id).unlink(missing_ok=True)

    def lay_out(self, audit_id: str, files: Iterable[AuditFileRow]) -> None:
        """Link the files under their names, so that the audit finds them by these.

        Raises:
            EvidenceUnavailable: that cannot be written.
        """
        given = self.of(audit_id) / "given"
        try:
            given.mkdir(exist_ok=True)
            for row in files:
                link = given / row.name
                link.parent.mkdir(parents=True, exist_ok=True)
                link.unlink(missing_ok=True)
                os.link(self._file(audit_id, row.id), link)
        except OSError as error:
            raise EvidenceUnavailable(
                f"{given}: cannot be written to ({error.strerror}); free space"
            ) from error

    def given(self, audit_id: str) -> list[Path]:
        """What was given, as one would name it to `streetwarden audit`, in natural order."""
        folder = self.of(audit_id) / "given"
        return sorted(folder.iterdir(), key=lambda path: natural(path.name))

    def remove(self, audit_id: str) -> None:
        """Remove all that lies here of an audit."""
        shutil.rmtree(self.of(audit_id), ignore_errors=True)

    def claim(self, audit_id: str) -> BinaryIO | None:
        """Its lock, held until the file is closed by all who have it open; None where it is held.

        None, too, where the audit's files lie on another machine.
        """
        folder = self.of(audit_id)
        if not folder.is_dir():
            return None
        file = (folder / "lock").open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        return file

    def _file(self, audit_id: str, file_id: str) -> Path:
        return self.of(audit_id) / "files" / file_id

"""StoredPictures: a case's masked pictures for adapters that send them on."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from typing import IO, BinaryIO, cast

from sqlalchemy import select

from api.delivery.adapters import Undeliverable
from api.storage.database import Database
from api.storage.tables import EvidenceRow
from vision.errors import EvidenceError, EvidenceUnavailable
from vision.evidence import EvidenceRole
from vision.evidence.store import EvidenceStore

LARGEST_BYTES = 32 * 2**20
"""Of one picture: a 4K frame as JPEG has some 4 MiB."""


class StoredPictures:
    """Opens masked derivatives; never an original, nor one in which more has been masked since.

    Args:
        database: the case database.
        evidence: where the pictures are.
    """

    def __init__(self, database: Database, evidence: EvidenceStore) -> None:
        self._database = database
        self._evidence = evidence

    def open(self, case_id: str, sha256: str) -> BinaryIO:
        """The picture as a temporary file, checked against its hash, from its start.

        Raises:
            Undeliverable: the case has no such masked picture, or its time was over.
            EvidenceUnavailable: it cannot be read now.
            DatabaseUnavailable: the database cannot be read now.
        """
        found = self._newest(case_id, sha256)
        with ExitStack() as stack:
            file = stack.enter_context(tempfile.TemporaryFile())
            self._copy(found, file)
            file.seek(0)
            stack.pop_all()
        return cast("BinaryIO", file)

    def _copy(self, digest: str, file: IO[bytes]) -> None:
        size = 0
        try:
            for piece in self._evidence.stream(digest):
                size += len(piece)
                if size > LARGEST_BYTES:
                    break
                file.write(piece)
        except EvidenceUnavailable:
            raise
        except EvidenceError as error:
            raise Undeliverable(str(error)) from error
        if size > LARGEST_BYTES:
            raise Undeliverable(f"the picture {digest} has more than {LARGEST_BYTES} bytes")

    def _newest(self, case_id: str, sha256: str) -> str:
        """The digest of the derivative that is shown instead of this one today."""
        query = select(EvidenceRow).where(EvidenceRow.case_id == case_id)
        masked = query.where(EvidenceRow.role == EvidenceRole.MASKED.value)
        with self._database.read() as session:
            rows = {row.sha256: row for row in session.scalars(masked)}
        while (row := rows.pop(sha256, None)) is not None:
            if row.replaced_by is None:
                if row.purged_at is not None:
                    break
                return row.sha256
            sha256 = row.replaced_by
        raise Undeliverable(
            f"case {case_id}: its masked picture {sha256[:12]}… is not there (any more)"
        )

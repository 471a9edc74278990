"""MediaDesk: access to stored pictures, and the access log of originals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from api.access.access_log import What, note_access
from api.access.roles import Principal, Right
from api.cases.scope import scoped
from api.cases.view import REDACTED
from api.errors import OriginalRefused, PurgedMedia, UnknownMedia
from api.storage.database import Database
from api.storage.tables import CaseRow, EvidenceRow
from api.words.said import say
from vision.errors import EvidenceError
from vision.evidence import EvidenceRole
from vision.evidence.store import EvidenceStore

_REVIEW = "review"
"""Reason that is logged where a reviewer looks at the subject's plate and gives none."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Bytes to serve; `sha256` is theirs, which for a masked stand-in is not the asked one."""

    content: bytes
    sha256: str
    media_type: str
    original: bool


class MediaDesk:
    """Hands out pictures of cases that the key sees."""

    def __init__(self, database: Database, evidence: EvidenceStore) -> None:
        self._database = database
        self._evidence = evidence

    def fetch(self, who: Principal, sha256: str, reason: str | None) -> Picture:
        """The picture with this digest.

        An original is given only for a stated reason, to a role that may, and logged before its
        bytes leave. Without a reason its masked derivative stands in, for everybody.

        Raises:
            UnknownMedia: no case that this key sees holds this digest.
            PurgedMedia: its time was over.
            OriginalRefused: the role may not see originals.
            EvidenceError: it is stored nowhere any more, or was altered.
            DatabaseUnavailable: the look could not be logged, so nothing is shown.
        """
        rows = self._rows(who, EvidenceRow.sha256 == sha256)
        if not rows:
            raise UnknownMedia(say("picture_unknown"))
        rows = _kept(rows)
        if rows[0].replaced_by is not None:  # in which more is masked
            return self.fetch(who, rows[0].replaced_by, reason)
        if rows[0].role == EvidenceRole.SUBJECT.value:
            return self._subject(who, rows[0], reason)
        originals = [row for row in rows if row.role == EvidenceRole.ORIGINAL.value]
        if not originals:
            return self._picture(rows[0], original=False)
        if reason is None:
            return self._stand_in(who, sha256)
        if not who.may(Right.ORIGINALS):
            raise OriginalRefused(say("originals_not_yours", role=who.role.value))
        picture = self._picture(originals[0], original=True)
        log_looks(self._database, who, originals[0].case_id, [sha256], reason)
        return picture

    def _subject(self, who: Principal, row: EvidenceRow, reason: str | None) -> Picture:
        """The subject's plate is for who decides about it; each look is logged."""
        if not who.may(Right.REVIEW):
            return self._stand_in(who, row.of or row.sha256)
        picture = self._picture(row, original=False)
        log_looks(self._database, who, row.case_id, [row.sha256], reason or _REVIEW)
        return Picture(picture.content, picture.sha256, picture.media_type, original=True)

    def _rows(self, who: Principal, condition: ColumnElement[bool]) -> list[EvidenceRow]:
        query = scoped(select(EvidenceRow).join(CaseRow), who).where(condition)
        if who.cameras is not None:
            query = query.where(EvidenceRow.camera.in_(who.cameras))
        with self._database.read() as session:
            return list(session.scalars(query.order_by(EvidenceRow.id)))

    def _stand_in(self, who: Principal, sha256: str) -> Picture:
        made = _kept(self._rows(who, EvidenceRow.of == sha256))
        made = [row for row in made if row.replaced_by is None and row.role in REDACTED]
        masked = [row for row in made if row.role == EvidenceRole.MASKED.value]
        for row in masked or made:
            return self._picture(row, original=False)
        raise OriginalRefused(say("original_only"))

    def _picture(self, row: EvidenceRow, *, original: bool) -> Picture:
        try:
            content = self._evidence.read(row.sha256)
        except EvidenceError as error:
            raise EvidenceError(f"case {row.case_id}: {error}") from error
        return Picture(content, row.sha256, row.media_type, original)


def log_looks(
    database: Database, who: Principal, case_id: str, originals: Sequence[str], reason: str
) -> None:
    """Log that somebody looks at these originals (digests) of a case, before a byte of them leaves.

    Raises:
        DatabaseUnavailable: they could not be logged, so nothing may be shown.
    """
    if not originals:
        return
    with database.write() as session:
        note_access(session, who, What.ORIGINAL, reason, case_id=case_id, originals=originals)


def _kept(rows: list[EvidenceRow]) -> list[EvidenceRow]:
    """Those that are still stored; PurgedMedia if there were some and none is."""
    kept = [row for row in rows if row.purged_at is None]
    if rows and not kept:
        at = max(row.purged_at for row in rows if row.purged_at is not None)
        raise PurgedMedia(say("picture_purged", on=f"{at:%Y-%m-%d}"))
    return kept

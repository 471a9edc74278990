"""The access log: who looked at an original or took an export, when, why and from where.

One table, append-only by trigger. An entry is written before a byte of what it is about leaves, and
in the transaction of a change where there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from api.access.roles import Principal
from api.storage.tables import AccessRow


class What(StrEnum):
    """What somebody was given."""

    ORIGINAL = "original"
    """A picture or clip as the camera sent it, or the subject's plate."""
    PACKAGE = "package"
    """The evidence package of a case."""
    EXPORT = "export"
    """A file about many cases: a report as CSV, XLSX or a page to print."""


def note_access(
    session: Session,
    who: Principal,
    what: What,
    reason: str,
    *,
    case_id: str | None = None,
    originals: Sequence[str | None] = (None,),
    detail: str = "",
) -> None:
    """Add an entry for each of these originals, or one where no original is named.

    Args:
        session: a write transaction; what is logged has happened only when it is committed.
        who: was given it.
        what: it was.
        reason: as stated; empty where none is asked for.
        case_id: of the case that it is about; None for more than one.
        originals: digests of the originals.
        detail: says more, such as a package's scope or an export's file.
    """
    now = datetime.now(UTC)
    session.add_all(
        AccessRow(
            at=now,
            what=what.value,
            detail=detail,
            sha256=sha256,
            case_id=case_id,
            actor=who.label,
            unit=who.unit,
            key_id=who.key_id,
            role=who.role.value,
            address=who.address,
            reason=reason,
        )
        for sha256 in originals
    )

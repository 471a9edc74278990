"""`manifest.json`: what is in a package, what is not and why, and who vouches for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any
from zoneinfo import ZoneInfo

from api.evidence.archive import Member
from api.evidence.case_record import case_record
from api.evidence.scope import Scope
from api.evidence.verify import canonical
from api.records.chain import Sealed, timed
from api.records.keyring import PublicKey
from api.storage.tables import CaseRow, EvidenceRow

VERSION = 1


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of evidence in a package: `file` is where it is, or `absent` says why it is not."""

    sha256: str
    role: str
    moment: str
    camera: str
    captured_at: datetime | None
    media_type: str
    size: int | None
    of: str | None
    file: str | None
    absent: str | None


@dataclass(frozen=True, slots=True)
class By:
    """For whom a package was made, in which role and why."""

    name: str
    role: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the sheet is about besides the case.

    Attributes:
        site: its name.
        timezone: in which times are written.
        made_at: when the package was made (UTC).
        by: for whom it was made; None in a public copy.
        head: number and hash of the log's last record.
        fingerprint: of the key that signs the package.
        faults: what is wrong with the log, in words.
        camera_place: where the camera stood, see `sketch`.
    """

    site: str
    timezone: ZoneInfo
    scope: Scope
    made_at: datetime
    by: By | None
    head: tuple[int, str]
    fingerprint: str
    faults: Sequence[str]
    camera_place: Mapping[str, Any] | None


def item_of(row: EvidenceRow, file: str | None, absent: str | None) -> Item:
    """A piece of evidence that is in a file of the package, or absent for this reason."""
    return Item(
        sha256=row.sha256,
        role=row.role,
        moment=row.moment,
        camera=row.camera,
        captured_at=row.captured_at,
        media_type=row.media_type,
        size=row.size,
        of=row.of,
        file=file,
        absent=absent,
    )


def lost(digest: str) -> Item:
    """What the log speaks of and no row knows any more."""
    return Item(digest, "unknown", "", "", None, "", None, None, None, "missing")


def manifest(
    case: CaseRow,
    last: Sealed,
    keys: Sequence[PublicKey],
    *,
    members: Sequence[Member],
    items: Sequence[Item],
    sheet: Sheet,
) -> bytes:
    """The manifest, which the site's key signs.

    Args:
        case: whose package it is.
        last: the last record of its log.
        keys: all public keys of the site.
        members: what has been written so far: all but this and its signature.
        items: all of the case's evidence.
        sheet: what else the sheet says.
    """
    evidence = [
        asdict(item) | {"captured_at": timed(item.captured_at) if item.captured_at else None}
        for item in items
    ]
    return canonical(
        {
            "version": VERSION,
            "case": case.id,
            "site": last.record["site"],
            "site_name": sheet.site,
            "scope": sheet.scope.value,
            "made_at": timed(sheet.made_at),
            "by": asdict(sheet.by) if sheet.by else None,
            "tool": f"streetwarden {version('streetwarden')}",
            "files": [asdict(member) for member in members],
            "evidence": evidence,
            "faults": list(sheet.faults),
            "head": {"no": sheet.head[0], "hash": sheet.head[1]},
            "keys": [key.as_json() for key in keys],
            # What another site takes the case from; see `api.transfers`.
            "record": case_record(case) if sheet.scope is Scope.OFFICER else None,
            "detector": {**case.detector, "score": case.score, "looks": case.looks},
        }
    )

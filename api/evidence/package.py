"""PackageDesk: makes the evidence package of a case: a signed zip that proves itself."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from api.access.access_log import What, note_access
from api.access.roles import Principal, Right
from api.cases.scope import scoped, unknown
from api.cases.stages import PERSON_CONFIRMED, Stage
from api.errors import NotConfirmed, OriginalRefused, SiteKeyError
from api.evidence.archive import Altered, Archive
from api.evidence.manifest import By, Item, Sheet, item_of, lost, manifest
from api.evidence.names import file_names
from api.evidence.report import render
from api.evidence.scope import Scope, holds, shown
from api.evidence.verify import LOG, MANIFEST, SIGNATURE, canonical
from api.records.chain import Sealed, findings
from api.records.keyring import Keyring, PublicKey
from api.records.site_chain import case_records, in_force, public_keys
from api.storage.database import Database
from api.storage.tables import CaseRow, ChainRow, RecordRow, TimeStampRow
from api.words.said import say
from vision.errors import EvidenceError, EvidenceMissing, EvidenceUnavailable
from vision.evidence import EvidenceRole
from vision.evidence.store import EvidenceStore
from vision.site import SiteInfo

_BLOCK = 1 << 20


_LOGGED = frozenset({EvidenceRole.ORIGINAL.value, EvidenceRole.SUBJECT.value})
"""Roles of which each look is logged; see `api.evidence.media`."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package that was made: what to call it, its bytes, and what it says is wrong."""

    name: str
    size: int
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Taken:
    """What the database says of a case, all read at one moment."""

    case: CaseRow
    sealed: list[Sealed]
    keys: list[PublicKey]
    key: str | None
    stamps: dict[int, bytes]
    """RFC 3161 tokens, by the number of the record."""


class PackageDesk:
    """Makes packages of the cases that a key sees.

    Args:
        database: of the cases.
        evidence: their files.
        site: its name and time zone.
        key_file: the site's key, which signs the package.
    """

    def __init__(
        self, database: Database, evidence: EvidenceStore, site: SiteInfo, key_file: Path
    ) -> None:
        self._database = database
        self._evidence = evidence
        self._site = site
        self._key_file = key_file

    def make(
        self,
        who: Principal,
        case_id: str,
        scope: Scope,
        reason: str,
        file: BinaryIO,
        *,
        at: datetime | None = None,
    ) -> Package:
        """Write the package of a case into a file, a block at a time.

        Evidence that is missing or was altered is not in it; the manifest and the sheet say so.
        The package, each original in it and each picture with the subject's plate are logged in
        one transaction before this returns.

        Args:
            who: for whom; of cameras that it does not see only the hashes are in it.
            case_id: of the case.
            scope: what it may hold.
            reason: why; an officer's package needs one.
            file: empty and seekable. Nothing in it is to be used if this raises.
            at: when it is made (UTC); now by default.

        Raises:
            UnknownCase: there is none, as far as this key may see.
            OriginalRefused: the role may not see originals.
            NotConfirmed: no person has confirmed the case, and the package is not an officer's.
            PackageTooLarge: the case has too much evidence for one.
            SiteKeyError: the site's key cannot be used.
            EvidenceError: evidence cannot be read now, or the package cannot be written.
            DatabaseUnavailable: it could not be logged.
        """
        taken = self._taken(who, case_id)
        _allow(who, taken.case, scope)
        if taken.key is None:
            raise SiteKeyError("this site has no key yet; start it once, or log in the case")
        key = in_force(self._key_file, taken.key)
        now = at or datetime.now(UTC)
        try:
            archive = Archive(file)
            items = self._pack(archive, who, taken, scope)
            archive.add(LOG, (canonical(shown(scope, line)) + b"\n" for line in _lines(taken)))
            faults = _faults(taken)
            last = taken.sealed[-1]
            sheet = Sheet(
                site=self._site.name,
                timezone=ZoneInfo(self._site.timezone),
                scope=scope,
                made_at=now,
                by=None if scope is Scope.PUBLIC else By(who.label, who.role.value, reason),
                head=(last.record["no"], last.hash),
                fingerprint=key.fingerprint,
                faults=faults,
                camera_place=self._camera_place(taken.case),
            )
            archive.add("report.html", [render(taken.case, items, sheet, self._evidence.read)])
            archive.add("README.txt", [_packaged("template/README.txt")])
            archive.add("verify.py", [_packaged("verify.py")])
            content = manifest(
                taken.case,
                last,
                taken.keys,
                members=archive.members,
                items=items,
                sheet=sheet,
            )
            archive.add(MANIFEST, [content])
            stated = b"streetwarden manifest v1\n" + hashlib.sha256(content).hexdigest().encode()
            signed = {"signature": key.sign(stated), "signed_by": key.fingerprint}
            archive.add(SIGNATURE, [canonical(signed)])
            size = archive.close()
        except OSError as error:
            raise EvidenceUnavailable(
                f"the package of case {case_id} cannot be written ({error.strerror}); free space "
                "where temporary files lie (TMPDIR), or where it is written to"
            ) from error
        seen = [i.sha256 for i in items if i.file and i.role in _LOGGED]
        with self._database.write() as session:
            note_access(
                session, who, What.PACKAGE, reason, case_id=case_id, detail=f"scope {scope}"
            )
            note_access(session, who, What.ORIGINAL, reason, case_id=case_id, originals=seen)
        wrong = [f"{i.sha256} is {i.absent}" for i in items if i.absent in {"missing", "altered"}]
        return Package(f"{case_id}-{scope.value}.zip", size, (*faults, *wrong))

    def _taken(self, who: Principal, case_id: str) -> _Taken:
        query = scoped(select(CaseRow).where(CaseRow.id == case_id), who).options(
            selectinload(CaseRow.evidence), selectinload(CaseRow.sightings)
        )
        with self._database.read() as session:
            case = session.scalar(query)
            if case is None:
                raise unknown(case_id)
            key = session.scalars(select(ChainRow.key)).one()
            stamped = select(RecordRow.no, TimeStampRow.token).join(
                TimeStampRow, TimeStampRow.log_id == RecordRow.log_id
            )
            tokens = session.execute(stamped.where(RecordRow.case_id == case_id))
            stamps: dict[int, bytes] = dict(iter(tokens))
            sealed, keys = case_records(session, case_id), public_keys(session)
            return _Taken(case, sealed, keys, key, stamps)

    def _pack(self, archive: Archive, who: Principal, taken: _Taken, scope: Scope) -> list[Item]:
        """Write the evidence that this scope holds; give all there is, with why some is not."""
        names = file_names(taken.case.evidence)
        packed: dict[str, str | None] = {}
        items = []
        for row in taken.case.evidence:
            absent: str | None
            if row.purged_at is not None:
                absent = "purged"
            elif row.replaced_by is not None:
                absent = "replaced"
            elif not who.sees_camera(row.camera):
                absent = "camera"
            elif not holds(scope, row.role):
                absent = "scope"
            else:
                if row.sha256 not in packed:
                    packed[row.sha256] = self._add(archive, names[row.sha256], row.sha256)
                absent = packed[row.sha256]
            items.append(item_of(row, None if absent else names[row.sha256], absent))
        known = {row.sha256 for row in taken.case.evidence}
        gone = [digest for digest in _logged(taken.sealed) if digest not in known]
        return items + [lost(digest) for digest in dict.fromkeys(gone)]

    def _add(self, archive: Archive, name: str, sha256: str) -> str | None:
        """Write a file of evidence; give what is wrong with it, if so."""
        try:
            archive.add(name, self._evidence.stream(sha256), sha256)
        except Altered:
            return "altered"
        except EvidenceMissing:
            return "missing"
        except EvidenceUnavailable:
            raise
        except EvidenceError:
            return "altered"
        return None

    def _camera_place(self, case: CaseRow) -> dict[str, Any] | None:
        """Where the camera stood, as the rule's decision has it; None where the case is there."""
        records = [row for row in case.evidence if row.role == EvidenceRole.RECORD.value]
        if not records or case.method in {None, "camera_registered"}:
            return None
        try:
            camera = json.loads(self._evidence.read(records[0].sha256))["camera"]
            place = camera["place"]
        except (EvidenceError, ValueError, KeyError, TypeError):
            return None
        return place if isinstance(place, dict) and camera.get("id") == case.camera else None


def _allow(who: Principal, case: CaseRow, scope: Scope) -> None:
    if scope is Scope.OFFICER:
        if not who.may(Right.ORIGINALS):
            raise OriginalRefused(say("package_not_yours", role=who.role.value))
    elif Stage(case.stage) not in PERSON_CONFIRMED:
        raise NotConfirmed(say("package_unconfirmed", stage=case.stage))


def _lines(taken: _Taken) -> Iterator[dict[str, Any]]:
    for one in taken.sealed:
        token = taken.stamps.get(one.record["no"])
        yield {
            "record": dict(one.record),
            "hash": one.hash,
            "signature": one.signature,
            "signed_by": one.signed_by,
            "timestamp": base64.b64encode(token).decode() if token is not None else None,
        }


def _faults(taken: _Taken) -> tuple[str, ...]:
    """What is wrong with the log. It is packed as it is stored: who judges has to know."""
    ring = Keyring(taken.keys)
    found = findings(taken.case.id, taken.sealed, ring)
    return (*ring.wrong, *(one.words for one in found))


def _logged(sealed: Sequence[Sealed]) -> Iterator[str]:
    for one in sealed:
        named = one.record["data"].get("evidence")
        if isinstance(named, list):
            yield from (digest for digest in named if isinstance(digest, str))


def _packaged(name: str) -> bytes:
    return files("api.evidence").joinpath(name).read_bytes()

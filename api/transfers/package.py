"""Package: an officer's package of another site, opened to be taken in; nothing else is believed.

Who vouches for it is a key that somebody here names: a package that only proves itself may be
anybody's.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from api.cases.stages import PERSON_CONFIRMED, Stage
from api.errors import CaseError
from api.evidence.case_record import CaseRecord
from api.evidence.verify import LOG, MANIFEST, SIGNATURE, verify
from api.words.said import say
from vision.kinds import catalogue

_SHOWN = 5
_OURS_NO_MORE = {Stage.CLOSED, Stage.TRANSFERRED}


@dataclass(frozen=True, slots=True)
class Opened:
    """A package that holds.

    Attributes:
        manifest: as JSON; `raw` is its bytes, `digest` their SHA-256.
        log: the bytes of the sending site's log, a record a line.
        files: the member of each digest.
    """

    manifest: dict[str, Any]
    raw: bytes
    digest: str
    signature: bytes
    log: bytes
    record: CaseRecord
    files: dict[str, str]
    archive: zipfile.ZipFile

    def content(self, digest: str) -> bytes:
        """A piece of evidence.

        Raises:
            CaseError: the file was exchanged since it was checked.
        """
        content = self.archive.read(self.files[digest])
        if hashlib.sha256(content).hexdigest() != digest:
            raise CaseError(say("package_changed"))
        return content

    @property
    def records(self) -> list[dict[str, Any]]:
        """The lines of the log."""
        return [json.loads(line) for line in self.log.splitlines()]


@contextmanager
def opened(path: Path, trusted: Collection[str]) -> Iterator[Opened]:
    """Check a package and open it.

    Raises:
        CaseError: it does not hold, is not vouched for, or there is no case in it to take.
    """
    if not trusted:
        raise CaseError(say("package_key_missing"))
    verdict = verify(path, trusted)
    wrong = [
        one.words()[0] for one in verdict.findings if one.fault or one.code in {"absent", "fault"}
    ]
    if wrong or "trusted" not in {one.code for one in verdict.findings}:
        raise CaseError(say("package_does_not_hold", wrong=wrong[:_SHOWN]))
    with zipfile.ZipFile(path) as archive:
        raw, log = archive.read(MANIFEST), archive.read(LOG)
        manifest = json.loads(raw)
        listed = {one["name"]: one["sha256"] for one in manifest["files"]}
        if listed[LOG] != hashlib.sha256(log).hexdigest():
            raise CaseError(say("package_changed"))
        record = _record(manifest)
        files = {one["sha256"]: one["file"] for one in manifest["evidence"] if one["file"]}
        if missing := [one.sha256 for one in record.evidence if one.sha256 not in files]:
            raise CaseError(say("package_incomplete", sha256=missing[0]))
        digest = hashlib.sha256(raw).hexdigest()
        signature = archive.read(SIGNATURE)
        yield Opened(manifest, raw, digest, signature, log, record, files, archive)


def _record(manifest: dict[str, Any]) -> CaseRecord:
    if manifest.get("record") is None:
        raise CaseError(say("package_without_record"))
    try:
        record = CaseRecord.model_validate(manifest["record"])
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise CaseError(say("package_record_form", where=where)) from None
    if record.id != manifest["case"]:
        raise CaseError(say("package_record_form", where="id"))
    if record.kind not in {kind.name for kind in catalogue().kinds}:
        raise CaseError(say("package_kind_unknown", kind=record.kind))
    if record.stage not in PERSON_CONFIRMED or record.stage in _OURS_NO_MORE:
        raise CaseError(say("package_stage", stage=record.stage))
    return record

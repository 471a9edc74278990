"""Backup: a site as it is at one moment, made while it serves.

The order is what makes it consistent: first the database, then every file that it names. Files are
written once and never changed, so the only way for one to be gone is a purge, and that waits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from api.backup.shelf import (
    KEY,
    LISTED,
    SITE,
    VERSION,
    Manifest,
    Shelf,
    digest_of,
    write_manifest,
)
from api.backup.snapshot import Snapshot, lines, take
from api.errors import BackupError, SiteKeyError
from api.records.site_chain import next_file
from api.records.site_key import SiteKey
from vision import durable
from vision.errors import EvidenceError, EvidenceUnavailable
from vision.evidence.store import EvidenceStore
from vision.site.storage import Storage

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made.

    Attributes:
        folder: of it.
        manifest: what it holds.
        copied: files of evidence that were not on the shelf yet, and their bytes.
        removed: older backups.
    """

    folder: Path
    manifest: Manifest
    copied: tuple[int, int]
    removed: int


def make_backup(
    site: Path,
    storage: Storage,
    shelf: Shelf,
    *,
    key: bool = True,
    evidence: bool = True,
    keep: int | None = None,
    progress: Progress = lambda _done, _all: None,
) -> Made:
    """Back a site up; it may serve meanwhile.

    Args:
        site: its site file.
        storage: that file's, with absolute paths.
        shelf: where to.
        key: with the private key that signs its records.
        evidence: with its files; without, only their list.
        keep: so many backups stay, this one among them; None for all.
        progress: told how many files of how many are copied.

    Raises:
        BackupError: it is not a site's, another backup is being made, or evidence is in a bucket.
        EvidenceUnavailable: the evidence cannot be read now.
        DatabaseUnavailable: the database cannot be read now.
        OSError: the shelf cannot be written.
    """
    if storage.bucket is not None and evidence:
        raise BackupError(
            f"evidence is in {storage.evidence}, which is backed up where it is: by versions kept "
            "in the bucket, or by replication to another. `--without-evidence` backs up the rest"
        )
    store = EvidenceStore(storage.files)
    now = datetime.now(UTC)
    with shelf.held():
        with store.keep(), shelf.new(f"{now:%Y%m%dT%H%M%S.%fZ}") as part:
            snapshot = take(storage.database, part)
            durable.write(part / SITE, site.read_bytes())
            if key and snapshot.key is not None:
                durable.write(part / KEY, _key(storage.key_file, snapshot.key))
            durable.write_pieces(part / LISTED, lines(snapshot.evidence))
            copied, missing = _copy(store, shelf, snapshot, progress) if evidence else ((0, 0), ())
            manifest = Manifest(
                version=VERSION,
                made_at=now.isoformat(),
                program=version("streetwarden"),
                database=snapshot.kind,
                revision=snapshot.revision,
                cases=snapshot.cases,
                pending=snapshot.pending,
                evidence=len(snapshot.evidence),
                bytes=sum(size for _, size in snapshot.evidence),
                missing=missing,
                elsewhere=None if evidence else storage.evidence,
                head=snapshot.head._asdict() if snapshot.head is not None else None,
                key=snapshot.key,
                files={file.name: digest_of(file) for file in part.iterdir()},
            )
            write_manifest(part, manifest)
        made = shelf.all()[-1]
        removed = shelf.prune(keep) if keep is not None else 0
    return Made(made, manifest, copied, removed)


def _key(file: Path, fingerprint: str) -> bytes:
    """The private key that signs in this snapshot; a rotation may have been cut off."""
    for place in (file, next_file(file)):
        try:
            if SiteKey.read(place).fingerprint == fingerprint:
                return place.read_bytes()
        except SiteKeyError:
            continue
    raise BackupError(
        f"{file}: is not the key that signs this site's records ({fingerprint[:16]}…), or was "
        "rotated in this moment: run it again. `--without-key` leaves the key out"
    )


def _copy(
    store: EvidenceStore, shelf: Shelf, snapshot: Snapshot, progress: Progress
) -> tuple[tuple[int, int], tuple[str, ...]]:
    """Copy what is not there yet; how many files and bytes, and which are missing or altered."""
    there = {stored.sha256: stored.size for stored in shelf.evidence.list()}
    files = bytes_ = 0
    missing = []
    for done, (digest, size) in enumerate(snapshot.evidence, start=1):
        if there.get(digest) != size:
            try:
                place = shelf.evidence.root / digest[:2] / digest
                durable.write_pieces(place, store.stream(digest))
                files, bytes_ = files + 1, bytes_ + size
            except EvidenceUnavailable:
                raise
            except EvidenceError:
                missing.append(digest)
        progress(done, len(snapshot.evidence))
    return (files, bytes_), tuple(missing)

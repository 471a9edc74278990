"""Shelf: the folder in which backups of one site lie; files of evidence are there once for all.

    DEST/evidence/ab/ab12…    every file that one of the backups names
    DEST/backups/TIME/        one moment: database, list of evidence, key, site file, manifest

A backup is made in `.part-TIME` and renamed when all of it is on the disk: what bears a time for
its name is whole.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from api.backup.snapshot import FILES
from api.errors import BackupError
from vision import durable
from vision.evidence.store import EvidenceStore
from vision.files import read_file

MANIFEST, LISTED, KEY, SITE = "manifest.json", "evidence.sha256", "site.key", "site.yaml"
VERSION = 1
_PART = ".part-"
_LARGEST_MANIFEST = 2**20
_LINE = re.compile(r"([0-9a-f]{64})  ")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    Attributes:
        version: of this form.
        made_at: when the database was copied (UTC, ISO 8601).
        program: version of the program that made it.
        database: its kind; `revision` of its schema.
        cases, pending: how many of each; `evidence`: how many files, `bytes` of them.
        missing: evidence that was not there or altered when it was made; `cases` name it.
        elsewhere: where the evidence is, if it is not in here.
        head: the site's last record; `key`: fingerprint of the key in force.
        files: SHA-256 of each file beside the manifest.
    """

    version: int
    made_at: str
    program: str
    database: str
    revision: str
    cases: int
    pending: int
    evidence: int
    bytes: int
    missing: tuple[str, ...]
    elsewhere: str | None
    head: dict[str, Any] | None
    key: str | None
    files: dict[str, str]


class Shelf:
    """The backups in a folder.

    Args:
        root: made when the first backup is; for its owner alone.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.evidence = EvidenceStore(root / "evidence")

    @contextmanager
    def held(self) -> Iterator[None]:
        """One at a time makes backups here or removes them; clears up what was cut off.

        Raises:
            BackupError: another one is at it.
            OSError: the folder cannot be made.
        """
        durable.make_folder(self.root)
        self.root.chmod(0o700)
        handle = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BackupError(f"{self.root}: another backup is being made there") from None
            for left in self._backups.glob(f"{_PART}*"):
                shutil.rmtree(left)
            for part in self.evidence.root.glob(f"*/{_PART}*"):
                part.unlink()
            yield
        finally:
            os.close(handle)

    @contextmanager
    def new(self, name: str) -> Iterator[Path]:
        """A folder for a new backup, which is one when the block ends; by whoever holds the shelf.

        Raises:
            OSError: it could not be written; nothing is left of it.
        """
        part = self._backups / f"{_PART}{name}"
        durable.make_folder(self._backups)
        part.mkdir(mode=0o700)
        try:
            yield part
            for file in part.iterdir():
                with file.open("rb") as opened:
                    os.fsync(opened.fileno())
            durable.sync_folder(part)
            part.rename(self._backups / name)
            durable.sync_folder(self._backups)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def all(self) -> list[Path]:
        """The whole backups, the oldest first."""
        if not self._backups.is_dir():
            return []
        found = (one for one in self._backups.iterdir() if not one.name.startswith("."))
        return sorted(one for one in found if (one / MANIFEST).is_file())

    def prune(self, keep: int) -> int:
        """Remove all but the newest, and evidence that none of those names; how many backups.

        Raises:
            OSError: it could not be removed.
        """
        gone = self.all()[:-keep]
        for one in gone:
            # Without its manifest it is none, however far the rest gets.
            (one / MANIFEST).unlink()
            shutil.rmtree(one)
        if gone:
            named = {digest for one in self.all() for digest in listed(one)}
            for stored in self.evidence.list():
                if stored.sha256 not in named:
                    self.evidence.delete(stored.sha256)
        return len(gone)

    @property
    def _backups(self) -> Path:
        return self.root / "backups"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a backup, last of its files."""
    text = json.dumps(asdict(manifest), indent=2, ensure_ascii=False)
    durable.write(folder / MANIFEST, text.encode("utf-8"))


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup, whose files are as they were made.

    Raises:
        BackupError: it is none, it was made by a newer program, or it was damaged.
    """
    try:
        held = json.loads(read_file(folder / MANIFEST, _LARGEST_MANIFEST))
        if held["version"] != VERSION:
            raise BackupError(f"{folder}: was made by a newer version; update this program")
        manifest = Manifest(**{**held, "missing": tuple(held["missing"])})
        _names_its_files(folder, manifest)
        for name, digest in manifest.files.items():
            if digest_of(folder / name) != digest:
                raise BackupError(f"{folder / name}: is damaged; use another backup")
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise BackupError(f"{folder}: is no whole backup ({error}); name another") from error
    return manifest


def _names_its_files(folder: Path, manifest: Manifest) -> None:
    """See that each file that a restore reads has its hash in the manifest, and no other place is.

    Raises:
        ValueError: it is not so.
    """
    kept = {name for name in (KEY, SITE) if (folder / name).exists()}
    needed = {FILES[manifest.database], LISTED, *kept}
    named = manifest.files.keys()
    if not needed <= named <= {*FILES.values(), LISTED, KEY, SITE}:
        raise ValueError("its manifest does not name its files")


def digest_of(file: Path) -> str:
    """SHA-256 of a file, in hex."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def listed(folder: Path) -> Iterator[str]:
    """Digests of the evidence that a backup names.

    Raises:
        BackupError: its list is none.
    """
    with (folder / LISTED).open(encoding="ascii", errors="replace") as lines:
        for line in lines:
            if (found := _LINE.match(line)) is None:
                raise BackupError(f"{folder / LISTED}: is no list of files; use another backup")
            yield found[1]


def newest(place: Path) -> tuple[Shelf, Path]:
    """The shelf and the backup that a person means by the folder of either.

    Raises:
        BackupError: there is no whole backup.
    """
    if (place / MANIFEST).is_file():
        return Shelf(place.resolve().parent.parent), place
    backups = Shelf(place).all()
    if not backups:
        raise BackupError(f"{place}: holds no whole backup; `streetwarden backup` makes one")
    return Shelf(place), backups[-1]

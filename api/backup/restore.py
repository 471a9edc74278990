"""Restore: a site from a backup, checked before and after; the database comes last of all.

It can be killed and run again at any place: evidence is the same under its name wherever it comes
from, and until the database is there, whole, the target holds no cases.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import delete, inspect, text

from api.backup.shelf import KEY, Manifest, Shelf, listed, read_manifest
from api.backup.snapshot import FILES, SQLITE, run, sqlite_file
from api.errors import BackupError
from api.records.check import SiteCheck
from api.records.head_file import HeadFile
from api.records.site_chain import SiteChain
from api.storage.database import Database
from api.storage.engine import explained, make_engine, shown
from api.storage.tables import OidcFlowRow, SessionRow
from vision import durable
from vision.errors import EvidenceError, EvidenceUnavailable
from vision.evidence.store import EvidenceStore
from vision.site.storage import Storage

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and what is wrong with it.

    Attributes:
        manifest: of the backup.
        records: of the chain, which were checked.
        findings: what is wrong, in words.
        aside: what was there before, and is kept.
        key: whether the key that signs is there.
    """

    manifest: Manifest
    records: int
    findings: tuple[str, ...]
    aside: tuple[Path, ...]
    key: bool


def restore(
    shelf: Shelf,
    backup: Path,
    storage: Storage,
    *,
    force: bool = False,
    progress: Progress = lambda _done, _all: None,
) -> Restored:
    """Restore a backup to where a site's storage says; nothing may serve there.

    Args:
        shelf: with the evidence.
        backup: the folder of the one that is restored.
        storage: of the target's site file, with absolute paths.
        force: what is there is moved aside (files) or dropped (PostgreSQL); damaged evidence is
            left out, and said.
        progress: told how many files of how many are restored.

    Raises:
        BackupError: it is damaged, or the target is not empty or of another kind.
        EvidenceUnavailable: the target's evidence cannot be written.
        DatabaseUnavailable: the target's database cannot be written.
        OSError: the target's files cannot be written.
    """
    manifest = read_manifest(backup)
    sqlite = storage.database.startswith("sqlite")
    if (manifest.database == SQLITE) is not sqlite:
        raise BackupError(
            f"{backup}: is of {manifest.database}, and storage.database names another kind; name "
            "a database of the same kind"
        )
    if storage.bucket is not None and manifest.elsewhere is None:
        raise BackupError(
            f"{backup}: holds its evidence, and storage.evidence names a bucket; name a folder"
        )
    if not force:
        _refuse_what_is_there(storage, backup)
    missing = _evidence(shelf, backup, manifest, storage, progress, force=force)
    aside = _key(backup, manifest, storage) if force or not storage.key_file.exists() else []
    aside += _database(backup, storage, sqlite=sqlite)
    return _checked(manifest, storage, missing, aside)


def _refuse_what_is_there(storage: Storage, backup: Path) -> None:
    refused = "is there already; name an empty place, or give --force (it is kept aside)"
    if storage.database.startswith("sqlite"):
        if sqlite_file(storage.database).exists():
            raise BackupError(f"{sqlite_file(storage.database)}: {refused}")
    else:
        engine = make_engine(storage.database)
        with explained(engine):
            tables = inspect(engine).get_table_names()
        where = shown(engine)
        engine.dispose()
        if tables:
            raise BackupError(
                f"{where}: holds tables already; name an empty database, or give --force "
                "(which drops them)"
            )
    key, kept = storage.key_file, backup / KEY
    if key.exists() and not (kept.exists() and kept.read_bytes() == key.read_bytes()):
        raise BackupError(f"{key}: another key {refused}")


def _evidence(
    shelf: Shelf,
    backup: Path,
    manifest: Manifest,
    storage: Storage,
    progress: Progress,
    *,
    force: bool,
) -> list[str]:
    """Copy what is not there, by hash; which is missing or damaged on the shelf."""
    if manifest.elsewhere is not None:
        return []
    target = EvidenceStore(storage.files)
    durable.make_folder(target.root)
    target.root.chmod(0o700)
    missing = []
    for done, digest in enumerate(listed(backup), start=1):
        if not _sound(target, digest):
            try:
                place = target.root / digest[:2] / digest
                durable.write_pieces(place, shelf.evidence.stream(digest))
            except EvidenceUnavailable:
                raise
            except EvidenceError:
                missing.append(digest)
        progress(done, manifest.evidence)
    damaged = [digest for digest in missing if digest not in manifest.missing]
    if damaged and not force:
        raise BackupError(
            f"{shelf.evidence.root}: {len(damaged)} files are missing or damaged, such as "
            f"{damaged[0]}; use another backup, or give --force to restore without them"
        )
    return missing


def _sound(store: EvidenceStore, digest: str) -> bool:
    try:
        for _ in store.stream(digest):
            pass
    except EvidenceUnavailable:
        raise
    except EvidenceError:
        return False
    return True


def _key(backup: Path, manifest: Manifest, storage: Storage) -> list[Path]:
    """The private key, if the backup has it, and the number of the last record beside it."""
    key = storage.key_file
    head = HeadFile(key).path
    aside = [_aside(one) for one in (head, key) if one.exists()] if (backup / KEY).exists() else []
    durable.make_folder(key.parent)
    if (backup / KEY).exists():
        durable.write(key, (backup / KEY).read_bytes())
    elif head.exists():
        aside.append(_aside(head))
    if manifest.head is not None:
        # As it was in the database: what was logged after that is not lost by anybody's hand.
        durable.write(head, json.dumps(manifest.head).encode())
    return aside


def _database(backup: Path, storage: Storage, *, sqlite: bool) -> list[Path]:
    if sqlite:
        file = sqlite_file(storage.database)
        durable.make_folder(file.parent)
        parts = [file, *(file.with_name(file.name + end) for end in ("-wal", "-shm", "-journal"))]
        aside = [_aside(part) for part in parts if part.exists()]
        with (backup / FILES[SQLITE]).open("rb") as opened:
            durable.write_pieces(file, iter(lambda: opened.read(2**20), b""))
        return aside
    _empty(storage.database)
    run(
        storage.database,
        "pg_restore",
        "--single-transaction",
        "--exit-on-error",
        "--no-owner",
        "--no-privileges",
        str(backup / FILES["postgresql"]),
    )
    return []


def _aside(file: Path) -> Path:
    moved = file.with_name(f"{file.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%S}")
    file.rename(moved)
    durable.sync_folder(file.parent)
    return moved


def _empty(address: str) -> None:
    """Drop our tables and the functions of their triggers; of an empty database, nothing."""
    engine = make_engine(address)
    quote = engine.dialect.identifier_preparer.quote
    functions = text(
        "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "WHERE n.nspname = current_schema() AND p.proname LIKE '%append_only'"
    )
    with explained(engine), engine.begin() as connection:
        for table in inspect(connection).get_table_names():
            connection.execute(text(f"DROP TABLE {quote(table)} CASCADE"))
        for name in connection.scalars(functions).all():
            connection.execute(text(f"DROP FUNCTION {quote(name)}() CASCADE"))
    engine.dispose()


def _checked(
    manifest: Manifest, storage: Storage, missing: list[str], aside: list[Path]
) -> Restored:
    """Bring it up to date, and look through all that was restored."""
    with closing(Database.open(storage.database)) as database:
        there = storage.key_file.exists()
        if there:
            SiteChain.open(database, storage.key_file)
        with database.write() as session:  # who has signed out since, or was disabled, stays out
            session.execute(delete(SessionRow))
            session.execute(delete(OidcFlowRow))
        check = SiteCheck(database, HeadFile(storage.key_file))
        findings = [f"{one.fault.value}: {one.words}" for one in check.findings()]
    findings += [f"evidence {digest} is missing, or was altered" for digest in missing]
    return Restored(manifest, check.records, tuple(findings), tuple(aside), key=there)

"""Backup and restore on both databases: under load, killed, on a full disk, over what is there."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Self

import pytest
from sqlalchemy import select

from api.access.roles import Role
from api.access.sessions import SessionStore
from api.backup.backup import make_backup
from api.backup.restore import restore
from api.backup.shelf import KEY, MANIFEST, Shelf, digest_of, newest, read_manifest
from api.errors import BackupError, DatabaseUnavailable
from api.evidence.retention import Purge
from api.evidence.verify import verify
from api.storage.database import Database
from api.storage.tables import CaseRow
from tests.api.evidence.packing import pack
from tests.api.world import CONFIRM, NOON, REJECT, World, make_site, make_world
from vision.errors import EvidenceUnavailable
from vision.site import Storage
from vision.site.retention import Retention

SITE = """
site: {{name: Zengdu test, division: "421303", language: en}}
storage: {{database: "{database}", evidence: {evidence}}}
cameras: [{{id: gate, source: "${{GATE_URL}}"}}]
"""


def site_file(root: Path, address: str) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    file = root / "site.yaml"
    file.write_text(SITE.format(database=address, evidence="evidence"), encoding="utf-8")
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest) -> Callable[[Path], str]:
    """Addresses of empty databases of one kind."""
    if request.param == "sqlite":
        return lambda root: f"sqlite:///{root / 'cases.db'}"
    new = request.getfixturevalue("new_database")
    return lambda _root: new()


@pytest.fixture
def here(tmp_path: Path, address: Callable[[Path], str]) -> Iterator[World]:
    """The site that is backed up; its file is `here/site.yaml`."""
    root = tmp_path / "here"
    root.mkdir()
    made = make_world(make_site(root), address(root))
    site_file(root, made.database.engine.url.render_as_string(hide_password=False))
    yield made
    made.database.close()


def storage_of(world: World, root: Path) -> Storage:
    address = world.database.engine.url.render_as_string(hide_password=False)
    return Storage(database=address, evidence=str(root / "evidence"))


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.streetwarden", *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
    )


class Load:
    """Cases that are taken in and decided, from its start to its stop."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stop = threading.Event()
        self.taken = 0
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(2)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, turn: int) -> None:
        days = 0
        while not self._stop.wait(0.4):  # a city's busiest minute
            days += 1
            case = self._world.case(at=NOON + timedelta(days=2 * days + turn))
            self._world.review(case, CONFIRM if days % 3 else REJECT)
            self.taken += 1


def test_a_backup_under_load_restored_elsewhere_holds_and_every_package_verifies(
    here, address, tmp_path
):
    for n in range(5):
        here.review(here.case(at=NOON - timedelta(days=2 * n + 2)), CONFIRM)
    shelf = tmp_path / "shelf"
    with Load(here) as load:
        before = load.taken
        first = command("backup", tmp_path / "here" / "site.yaml", shelf, "--json")
        during = load.taken - before
        second = command("backup", tmp_path / "here" / "site.yaml", shelf, "--json")
    for done in (first, second):
        assert done.returncode == 0, done.stderr
        assert "private key" in done.stderr
        assert "GATE_URL" in done.stderr
    assert during > 0, "nothing was taken in meanwhile"
    one, two = json.loads(first.stdout), json.loads(second.stdout)
    assert one["copied"] == one["evidence"] > 0
    # What the first has copied, the second has not; and no package is without its pictures.
    assert two["copied"] == two["evidence"] - one["evidence"]
    assert two["missing"] == []

    there = tmp_path / "there"
    moved = site_file(there, address(there))
    done = command("restore", shelf, moved, "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["findings"] == []
    assert said["cases"] == two["cases"] > 5
    again = command("restore", shelf, moved)
    assert again.returncode == 1
    assert "--force" in again.stderr

    site = make_site(there)
    database = moved.read_text(encoding="utf-8").split('database: "')[1].split('"')[0]
    world = make_world(site, database)  # its key is the one that signs
    try:
        with world.database.read() as session:
            cases = list(session.scalars(select(CaseRow.id)))
        assert len(cases) == two["cases"]
        for case in cases:
            path, made = pack(world, case)
            assert made.faults == ()
            assert verify(path).holds
        world.review(world.case(at=NOON + timedelta(days=4000)), CONFIRM)  # it goes on
    finally:
        world.database.close()


def test_nothing_of_a_backup_is_for_others(here, tmp_path):
    here.case()
    root = tmp_path / "here"
    shelf = Shelf(tmp_path / "shelf")
    made = make_backup(root / "site.yaml", storage_of(here, root), shelf)
    found = [shelf.root, *shelf.root.rglob("*")]
    assert any(file.name == KEY for file in found)
    assert {stat.S_IMODE(f.stat().st_mode) for f in found if f.is_file()} == {0o600}
    assert stat.S_IMODE(shelf.root.stat().st_mode) == 0o700
    bare = make_backup(root / "site.yaml", storage_of(here, root), shelf, key=False)
    assert KEY not in bare.manifest.files
    assert KEY in made.manifest.files


def test_a_purge_meanwhile_waits_and_is_made_up_for(here, tmp_path, monkeypatch):
    """Evidence that the snapshot names stays until it is copied; the next purge removes it."""
    here.review(here.case(), REJECT)
    root, shelf = tmp_path / "here", Shelf(tmp_path / "shelf")
    life = Retention.model_validate(dict.fromkeys(("rejected", "undecided", "confirmed"), "1d"))
    purge = Purge(here.database, here.evidence, life, now=lambda: NOON + timedelta(days=4000))
    refused: list[str] = []

    def meanwhile(done: int, _all: int) -> None:
        if done == 1:
            with pytest.raises(EvidenceUnavailable, match="backup"):
                purge.run()
            refused.append("waits")

    made = make_backup(root / "site.yaml", storage_of(here, root), shelf, progress=meanwhile)
    assert refused == ["waits"]
    assert made.manifest.missing == ()
    assert len(list(shelf.evidence.list())) == made.manifest.evidence == 3
    assert purge.run().removed == 3


def test_old_backups_go_and_with_them_what_only_they_name(here, tmp_path):
    root, shelf = tmp_path / "here", Shelf(tmp_path / "shelf")
    case = here.case()
    here.review(case, REJECT)
    storage = storage_of(here, root)
    make_backup(root / "site.yaml", storage, shelf, keep=2)
    life = Retention.model_validate(dict.fromkeys(("rejected", "undecided", "confirmed"), "1d"))
    Purge(here.database, here.evidence, life, now=lambda: NOON + timedelta(days=4000)).run()
    here.case(at=NOON + timedelta(days=30))
    make_backup(root / "site.yaml", storage, shelf, keep=2)
    assert len(list(shelf.evidence.list())) == 6
    last = make_backup(root / "site.yaml", storage, shelf, keep=2)
    assert (last.removed, len(shelf.all())) == (1, 2)
    assert len(list(shelf.evidence.list())) == 3


KILLED = """
import os, signal, sys
from pathlib import Path
from api.backup.backup import make_backup
from api.backup.restore import restore
from api.backup.shelf import Shelf, newest
from vision import durable
from vision.site.file import load_storage

at, what, site, shelf = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])
writes = 0
real = durable.write_pieces

def counted(path, pieces, **how):
    global writes
    writes += 1
    given = iter(pieces)

    def half():
        yield next(given, b"")[:10]
        os.kill(os.getpid(), signal.SIGKILL)

    return real(path, half() if writes == at else given, **how)

durable.write_pieces = counted
if what == "backup":
    make_backup(site, load_storage(site), Shelf(shelf))
else:
    restore(*newest(shelf), load_storage(site))
"""


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_killed_anywhere_no_half_backup_and_no_half_restore_is_taken_for_a_whole_one(
    here, address, tmp_path
):
    here.review(here.case(), CONFIRM)
    script = tmp_path / "killed.py"
    script.write_text(KILLED, encoding="utf-8")
    shelf, there = tmp_path / "shelf", tmp_path / "there"
    target = site_file(there, address(there))

    def until_it_ends(*arguments: object, half: Callable[[], bool]) -> None:
        for at in (2, 4, 99):  # each kill lets the next try get further
            done = subprocess.run(
                [sys.executable, str(script), str(at), *map(str, arguments)],
                check=False,
                capture_output=True,
                text=True,
            )
            if at == 99:
                assert done.returncode == 0, done.stderr
            else:
                assert done.returncode == -signal.SIGKILL, done.stderr
                assert not half()

    until_it_ends(
        "backup", tmp_path / "here" / "site.yaml", shelf, half=lambda: bool(Shelf(shelf).all())
    )
    assert len(Shelf(shelf).all()) == 1
    assert list(shelf.rglob(".part-*")) == []
    until_it_ends("restore", target, shelf, half=(there / "cases.db").exists)
    with sqlite3.connect(there / "cases.db") as raw:
        assert raw.execute("SELECT count(*) FROM cases").fetchone() == (1,)
    raw.close()


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_a_full_disk_leaves_no_backup_and_the_next_try_goes_on(here, tmp_path, monkeypatch):
    here.case()
    root, shelf = tmp_path / "here", Shelf(tmp_path / "shelf")
    real = os.fsync
    left = 4

    def full(handle: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        make_backup(root / "site.yaml", storage_of(here, root), shelf)
    monkeypatch.setattr(os, "fsync", real)
    assert shelf.all() == []
    with pytest.raises(BackupError, match="no whole backup"):
        newest(shelf.root)
    made = make_backup(root / "site.yaml", storage_of(here, root), shelf)
    assert read_manifest(made.folder) == made.manifest


def test_what_is_damaged_is_refused_and_what_is_there_is_kept(here, address, tmp_path):
    case = here.case()
    here.review(case, CONFIRM)
    root, shelf = tmp_path / "here", Shelf(tmp_path / "shelf")
    storage = storage_of(here, root)
    made = make_backup(root / "site.yaml", storage, shelf)
    victim = next(iter(shelf.evidence.list())).sha256
    file = shelf.evidence.root / victim[:2] / victim
    content = file.read_bytes()
    file.write_bytes(content[:-1] + b"?")
    there = tmp_path / "there"
    target = Storage(database=address(there), evidence=str(there / "evidence"))
    with pytest.raises(BackupError, match="missing or damaged"):
        restore(shelf, made.folder, target)
    with pytest.raises(BackupError, match="already"):  # the target is the site itself
        restore(shelf, made.folder, storage)
    file.write_bytes(content)

    here.review(here.case(at=NOON + timedelta(days=9)), CONFIRM)  # after the backup
    here.database.close()
    done = restore(shelf, made.folder, storage, force=True)
    assert done.findings == ()  # of all that, the head beside the key knows nothing more
    assert all(kept.exists() for kept in done.aside)
    with here.database.read() as session:
        assert list(session.scalars(select(CaseRow.id))) == [case]

    stored = made.folder / MANIFEST
    stored.write_text(stored.read_text(encoding="utf-8").replace('"cases": 1', '"cases": 2'))
    database = next(made.folder.glob("database.*"))
    database.write_bytes(database.read_bytes()[:-1] + b"?")
    with pytest.raises(BackupError, match="is damaged"):
        restore(shelf, made.folder, target)


@pytest.mark.parametrize("address", ["sqlite"], indirect=True)
def test_what_cannot_be_backed_up_is_said(here, tmp_path, monkeypatch):
    root, shelf = tmp_path / "here", Shelf(tmp_path / "shelf")
    bucket = Storage(database="sqlite:///none.db", evidence="s3://city/evidence", data=str(root))
    with pytest.raises(BackupError, match="--without-evidence"):
        make_backup(root / "site.yaml", bucket, shelf)
    nowhere = Storage(database=f"sqlite:///{root}/none.db", evidence=str(root / "evidence"))
    with pytest.raises(BackupError, match="is not there"):
        make_backup(root / "site.yaml", nowhere, shelf)
    assert not (root / "none.db").exists()
    with shelf.held(), pytest.raises(BackupError, match="another backup"):
        make_backup(root / "site.yaml", storage_of(here, root), shelf)
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    away = Storage(
        database="postgresql+psycopg://u:hunter22@127.0.0.1:1/x", evidence=str(root / "evidence")
    )
    with pytest.raises(DatabaseUnavailable) as told:
        make_backup(root / "site.yaml", away, shelf)
    assert "hunter22" not in str(told.value)
    assert shelf.all() == []


def test_a_restore_ends_sessions_and_believes_no_list_that_is_none(here, address, tmp_path):
    here.case()
    root = tmp_path / "here"
    cookie = here.signed_in(Role.ADMIN)["Cookie"].partition("=")[2]
    shelf = Shelf(tmp_path / "shelf")
    made = make_backup(root / "site.yaml", storage_of(here, root), shelf)
    there = tmp_path / "there"
    storage = Storage(database=address(there), evidence=str(there / "evidence"))
    manifest = json.loads((made.folder / MANIFEST).read_text(encoding="utf-8"))
    listing = made.folder / "evidence.sha256"
    whole = listing.read_bytes()
    for files, lines in (
        ({}, whole),  # nothing would be checked
        ({**manifest["files"], "../../etc/passwd": "0" * 64}, whole),
        ([], whole),
        (None, b"../../../etc/passwd  x\n"),
        (None, b"\xff\n"),
    ):
        listing.write_bytes(lines)
        named = manifest["files"] | {listing.name: digest_of(listing)} if files is None else files
        held = json.dumps(manifest | {"files": named})
        (made.folder / MANIFEST).write_text(held, encoding="utf-8")
        with pytest.raises(BackupError):
            restore(shelf, made.folder, storage)
    listing.write_bytes(whole)
    (made.folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    assert restore(shelf, made.folder, storage).findings == ()
    database = Database.open(storage.database)
    try:
        assert SessionStore(here.database, here.site.access).verify(cookie) is not None
        assert SessionStore(database, here.site.access).verify(cookie) is None
    finally:
        database.close()

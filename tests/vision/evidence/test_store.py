"""A store keeps bytes under their hash, whole, and notices when they were altered.

The same of each kind of store: a folder, a bucket, and what waits for its upload to it.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import hashlib
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vision.errors import EvidenceError, EvidenceMissing, EvidenceUnavailable
from vision.evidence import EvidenceStore

BIG = bytes(range(256)) * 2**15 + b"end"  # 8 MiB: several pieces of any store


def files(root: Path) -> list[str]:
    return sorted(p.name for p in root.rglob("*") if p.is_file())


@pytest.mark.parametrize("content", [b"picture", b"", BIG], ids=["small", "empty", "big"])
def test_bytes_come_back_under_their_hash(make_store, tmp_path, content):
    store = make_store(tmp_path / "evidence")
    digest = store.put(content)
    assert digest == hashlib.sha256(content).hexdigest()
    assert store.read(digest) == content
    assert store.put(content) == digest
    pieces = list(store.stream(digest))
    assert b"".join(pieces) == content
    assert max(map(len, pieces), default=0) <= 2**20, "not all of a clip is in memory at once"


def test_a_folder_holds_files_named_by_their_hash(tmp_path):
    digest = EvidenceStore(tmp_path).put(b"picture")
    path = tmp_path / digest[:2] / digest
    assert EvidenceStore(tmp_path).path(digest) == path
    assert files(tmp_path) == [digest]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_what_is_no_hash_opens_and_removes_nothing(make_store, tmp_path, name):
    store = make_store(tmp_path)
    for use in (store.path, store.read, store.delete, lambda n: list(store.stream(n))):
        with pytest.raises(EvidenceError, match="not a SHA-256"):
            use(name)


def test_unknown_hash(make_store, tmp_path):
    with pytest.raises(EvidenceMissing, match="no evidence"):
        make_store(tmp_path).read("0" * 64)


def test_an_altered_file_is_noticed_after_its_last_piece(tmp_path):
    store = EvidenceStore(tmp_path)
    digest = store.put(b"picture")
    store.path(digest).write_bytes(b"other")
    with pytest.raises(EvidenceError, match="altered"):
        store.read(digest)
    pieces = store.stream(digest)
    assert next(pieces) == b"other"
    with pytest.raises(EvidenceError, match="altered"):
        next(pieces)


def test_deleted_is_gone_and_may_be_deleted_and_put_again(make_store, tmp_path):
    store = make_store(tmp_path)
    store.delete("0" * 64)
    digest, other = store.put(b"picture"), store.put(b"other")
    for _ in range(2):
        store.delete(digest)
        with pytest.raises(EvidenceMissing):
            store.read(digest)
    assert [s.sha256 for s in store.list()] == [other]
    store.put(b"picture")
    assert store.read(digest) == b"picture"


def test_list_tells_what_is_stored_with_size_and_time(make_store, tmp_path):
    store = make_store(tmp_path / "evidence")
    assert list(store.list()) == []
    contents = [str(n).encode() * n for n in range(1, 30)]
    digests = {store.put(content): len(content) for content in contents}
    (tmp_path / "evidence" / "ab").mkdir(exist_ok=True)
    (tmp_path / "evidence" / "ab" / ".part-x7").write_bytes(b"its writer was killed")
    (tmp_path / "evidence" / "readme").write_bytes(b"somebody's")
    found = list(store.list())
    assert {stored.sha256: stored.size for stored in found} == digests
    assert len(found) == len(digests), "each once"
    now = datetime.now(UTC)
    assert all(abs(now - stored.at) < timedelta(minutes=5) for stored in found)


def test_many_threads_at_once(make_store, tmp_path):
    store = make_store(tmp_path)
    contents = [str(n % 8).encode() * 5000 for n in range(48)]
    with ThreadPoolExecutor(16) as pool:
        digests = list(pool.map(store.put, contents))
        assert list(pool.map(store.read, digests)) == contents
    assert {s.sha256 for s in store.list()} == set(digests)


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of memory; 64 KiB of it are free."""
    disk = tmp_path / "disk"
    disk.mkdir()
    libc = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
    if libc.mount(b"none", bytes(disk), b"tmpfs", 0, b"size=1m") != 0:
        pytest.skip(f"no disk may be mounted here ({os.strerror(ctypes.get_errno())})")
    try:
        (disk / "fill").write_bytes(b"\0" * (2**20 - 2**16))
        yield disk
    finally:
        assert libc.umount2(bytes(disk), 0) == 0


def test_a_full_disk_takes_nothing_half_and_goes_on_when_there_is_room(make_store, full_disk):
    store, content = make_store(full_disk / "evidence"), b"x" * 2**18
    for _ in range(2):
        with pytest.raises(EvidenceUnavailable, match=r"No space left.*free space"):
            store.put(content)
    assert files(full_disk) == ["fill"]
    assert list(store.list()) == []
    (full_disk / "fill").unlink()
    assert store.read(store.put(content)) == content


LIMITED = """
import resource, sys
from pathlib import Path
from vision.errors import EvidenceUnavailable
from vision.evidence import EvidenceStore
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    EvidenceStore(Path(sys.argv[1])).put(b"x" * 8192)
except EvidenceUnavailable as error:
    print(error)
"""


def test_what_the_disk_takes_only_half_is_not_stored(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert "evidence cannot be stored (File too large)" in done.stdout
    assert files(tmp_path) == []


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder that nobody may write to, not even root: it is mounted so."""
    libc = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
    folder = tmp_path / "read-only"
    folder.mkdir()
    if libc.mount(b"none", bytes(folder), b"tmpfs", 1, b"size=1m") != 0:  # MS_RDONLY
        pytest.skip(f"no disk may be mounted here ({os.strerror(ctypes.get_errno())})")
    yield folder
    assert libc.umount2(bytes(folder), 0) == 0


def test_a_read_only_folder(make_store, read_only):
    with pytest.raises(EvidenceUnavailable, match=r"Read-only.*make the folder writable"):
        make_store(read_only / "evidence").put(b"picture")


def test_a_folder_that_is_a_file(make_store, tmp_path):
    (tmp_path / "evidence").write_text("")
    store = make_store(tmp_path / "evidence")
    with pytest.raises(EvidenceUnavailable, match="cannot be stored"):
        store.put(b"picture")
    with pytest.raises(EvidenceMissing):
        store.read("0" * 64)


def test_what_cannot_be_removed_says_so(tmp_path, monkeypatch):
    store = EvidenceStore(tmp_path)
    digest = store.put(b"picture")

    def refuse(_path: Path) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(EvidenceUnavailable, match="cannot be removed"):
        store.delete(digest)
    assert store.read(digest) == b"picture"

"""The store keeps bytes under their hash, whole, and notices when they were altered."""

from __future__ import annotations

import hashlib
import os

import pytest

from vision.errors import EvidenceError
from vision.evidence import EvidenceStore


def test_bytes_come_back_under_their_hash(tmp_path):
    store = EvidenceStore(tmp_path / "evidence")
    digest = store.put(b"picture")
    assert digest == hashlib.sha256(b"picture").hexdigest()
    assert store.read(digest) == b"picture"
    assert store.put(b"picture") == digest
    files = [p for p in (tmp_path / "evidence").rglob("*") if p.is_file()]
    assert [p.name for p in files] == [digest]


def test_altered_file_is_noticed(tmp_path):
    store = EvidenceStore(tmp_path)
    digest = store.put(b"picture")
    store.path(digest).write_bytes(b"other")
    with pytest.raises(EvidenceError, match="altered"):
        store.read(digest)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63])
def test_what_is_no_hash_opens_nothing(tmp_path, name):
    with pytest.raises(EvidenceError, match="not a SHA-256"):
        EvidenceStore(tmp_path).path(name)


def test_unknown_hash(tmp_path):
    with pytest.raises(EvidenceError, match="no evidence"):
        EvidenceStore(tmp_path).read("0" * 64)


def test_full_disk_says_so_and_leaves_nothing(tmp_path, monkeypatch):
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    store = EvidenceStore(tmp_path)
    with pytest.raises(EvidenceError, match=r"No space left.*free space"):
        store.put(b"picture")
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_folder_that_is_a_file(tmp_path):
    (tmp_path / "evidence").write_text("")
    with pytest.raises(EvidenceError, match="cannot be stored"):
        EvidenceStore(tmp_path / "evidence").put(b"picture")

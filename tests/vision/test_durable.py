"""A durable file is whole or as it was, at whatever point the process or the machine ends."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from vision import durable


class Disk:
    """What reaches the disk: each sync, of a file by its content or of a folder by its names."""

    def __init__(self, monkeypatch):
        self.synced: list[object] = []
        self.fails_at: int | None = None
        self.errno = errno.EIO
        self._fsync = os.fsync
        monkeypatch.setattr(os, "fsync", self.fsync)

    def fsync(self, handle):
        if self.fails_at == len(self.synced):
            raise OSError(self.errno, os.strerror(self.errno))
        self._fsync(handle)
        path = Path(f"/proc/self/fd/{handle}").readlink()
        self.synced.append(
            sorted(p.name for p in path.iterdir()) if path.is_dir() else path.read_bytes()
        )


@pytest.fixture
def disk(monkeypatch):
    return Disk(monkeypatch)


def test_the_bytes_are_synced_before_the_name_and_the_name_before_it_returns(tmp_path, disk):
    file = tmp_path / "a.json"
    durable.write(file, b"one")
    assert disk.synced == [b"one", ["a.json"]]
    durable.write(file, b"two")
    assert disk.synced[2:] == [b"two", ["a.json"]]
    assert file.read_bytes() == b"two"


def test_new_folders_are_synced_into_their_parents(tmp_path, disk):
    durable.write(tmp_path / "x" / "y" / "a", b"1")
    assert disk.synced == [["y"], ["x"], b"1", ["a"]]


@pytest.mark.parametrize("point", ["writing", "syncing", "renaming"])
def test_a_failure_before_the_renaming_leaves_the_old_content_and_no_litter(
    tmp_path, disk, monkeypatch, point
):
    file = tmp_path / "a.json"
    durable.write(file, b"old")
    full = OSError(errno.ENOSPC, "No space left on device")

    def fails(*_: object) -> None:
        raise full

    if point == "writing":
        monkeypatch.setattr(os, "fchmod", fails)
    elif point == "syncing":
        disk.fails_at = len(disk.synced)
    else:
        monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(OSError, match=r"No space|Input/output"):
        durable.write(file, b"new", mode=0o644)
    assert file.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_a_folder_that_cannot_be_synced_at_all_is_no_failure_but_a_broken_disk_is(tmp_path, disk):
    disk.fails_at, disk.errno = 1, errno.EINVAL
    durable.write(tmp_path / "a", b"1")
    disk.synced.clear()
    disk.errno = errno.EIO
    with pytest.raises(OSError, match="Input/output"):
        durable.write(tmp_path / "a", b"2")


def test_what_may_be_lost_waits_for_no_disk_and_is_whole_still(tmp_path, disk):
    durable.write(tmp_path / "a", b"1", sync=False)
    assert disk.synced == []
    assert (tmp_path / "a").read_bytes() == b"1"


@pytest.mark.parametrize("mode", [durable.PRIVATE, 0o644])
def test_the_mode_is_what_was_asked_for_whatever_the_umask(tmp_path, mode):
    before = os.umask(0o077)
    try:
        durable.write(tmp_path / "a", b"1", mode=mode)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == mode

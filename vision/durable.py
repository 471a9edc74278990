"""Durable files: atomic writes with fsync: after a power cut, a file is whole or unchanged."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

PRIVATE = 0o600
"""Evidence shows people: nobody but the server's own user reads it."""
# Some network file systems cannot sync a folder; there a rename is as durable as it gets.
_CANNOT = frozenset({errno.EINVAL, errno.ENOTSUP})


def write(path: Path, content: bytes, *, mode: int = PRIVATE, sync: bool = True) -> None:
    """Put `content` into the file; see `write_pieces`.

    Raises:
        OSError: it could not be written. The file is as it was before, unless the disk failed
            after the renaming.
    """
    write_pieces(path, (content,), mode=mode, sync=sync)


def write_pieces(
    path: Path,
    pieces: Iterable[bytes],
    *,
    mode: int = PRIVATE,
    owner: tuple[int, int] | None = None,
    sync: bool = True,
) -> None:
    """Put these pieces into the file, making its folder where it is missing.

    It is written beside the file and renamed over it, so readers see all of it or none. When this
    returns, both the bytes and the name are on the disk.

    Args:
        path: of the file; what was in it is replaced.
        pieces: all of it, in order; where they end in an error nothing is written.
        mode: permissions.
        owner: ids of the user and the group that it shall belong to; who writes it by default.
        sync: False where losing the latest content in a power cut costs less than waiting for the
            disk; a killed process still leaves a whole file.

    Raises:
        OSError: it could not be written. The file is as it was before, unless the disk failed
            after the renaming.
    """
    make_folder(path.parent)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            for piece in pieces:
                file.write(piece)
            if owner is not None:  # before the mode: a new owner takes bits of it away
                os.fchown(file.fileno(), *owner)
            if mode != PRIVATE:
                os.fchmod(file.fileno(), mode)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    if sync:
        sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Make a folder and its parents where they are missing; their names are on the disk too."""
    if path.is_dir():
        return
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for made in missing:
        sync_folder(made.parent)


def sync_file(path: Path) -> None:
    """Put what is in this file onto the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """Put the names in this folder onto the disk."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
    finally:
        os.close(handle)

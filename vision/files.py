"""Files: asking about, and bounded reads of, files that a user names."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

Mark = tuple[int, ...]
"""Differs when a file was written or replaced."""


def is_folder(path: Path) -> bool:
    """Whether it is a folder or a link to one; False where nobody may know."""
    try:
        return path.is_dir()
    except OSError:
        return False


def exists(path: Path) -> bool:
    """Whether there is anything; False where nobody may know, or no name is as long."""
    try:
        return path.exists()
    except OSError:
        return False


def is_file(path: Path) -> bool:
    """Whether it is an ordinary file or a link to one; False where nobody may know."""
    try:
        return path.is_file()
    except OSError:
        return False


def mark_of(path: Path) -> Mark | None:
    """Something that differs after a file was written; None where it is not there."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def read_file(path: Path, most: int) -> bytes:
    """The content of a regular file of at most `most` bytes.

    A pipe or device is refused rather than read: it may never end, or never begin.

    Raises:
        OSError: it cannot be read, is no file or is larger; `strerror` says so in words.
    """
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is a pipe or device, not a file", str(path))
        with path.open("rb") as file:
            content = file.read(most + 1)
    except ValueError as error:  # a null character, or a surrogate
        raise OSError(errno.EINVAL, "no file can have such a name", str(path)) from error
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it is larger than {most / 2**20:g} MiB", str(path))
    return content

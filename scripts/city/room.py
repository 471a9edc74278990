"""room: a folder of one process's own, which is nobody's when it has ended, however that was."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vision.errors import StreetwardenError


@contextmanager
def room(root: Path) -> Iterator[Path]:
    """A new folder in `root`, removed in the end; what ended processes left there is removed too.

    Raises:
        StreetwardenError: it cannot be made.
    """
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in root.iterdir():
            _remove_if_left(left)
        made, lock = _locked(root)
    except OSError as error:
        raise StreetwardenError(
            f"{error.filename or root}: cannot be used ({error.strerror}); free space or make the "
            "folder writable"
        ) from error
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(lock)


def _locked(root: Path) -> tuple[Path, int]:
    while True:
        made = Path(tempfile.mkdtemp(dir=root))
        with suppress(FileNotFoundError):  # another process took it for one that was left
            lock = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if made.is_dir():
                return made, lock
            os.close(lock)


def _remove_if_left(folder: Path) -> None:
    with suppress(OSError):  # in use, gone, or not ours
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)
        finally:
            os.close(lock)

"""StateFile: the state of a camera's rules on disk, a line a look, the last whole one counts."""

from __future__ import annotations

import errno
import json
import os
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vision import durable

# The file is made anew when it holds so many states, or this many bytes if that is more.
_STATES, _BYTES = 16, 65536


class StateFile:
    """A JSON object that is replaced with every look.

    Making a file anew costs the file system a hundred times as much as adding a line to it. So most
    states are appended, and now and then the file is replaced by one with the latest alone. A
    process that is killed while it writes leaves a line without an end, which does not count.

    What is written with `sync` replaces the file and is on the disk. After a power cut, later lines
    may be damaged; the first is not.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None
        self._size = 0
        self._release: Callable[[], object] = lambda: None

    def read(self) -> dict[str, Any] | None:
        """Return the latest state; None if there is no file.

        Raises:
            OSError: it cannot be read.
            ValueError: no line of it is a state.
        """
        if not self._path.exists():
            return None
        for line in reversed(self._path.read_bytes().splitlines()):
            try:
                state = json.loads(line)
            except ValueError:
                continue
            if isinstance(state, dict):
                return state
        raise ValueError("it holds no state")

    def write(self, state: bytes, *, sync: bool) -> None:
        """Make this JSON object, in one line, the latest state.

        Raises:
            OSError: it could not be written; the state before it still counts.
        """
        line = state + b"\n"
        if self._handle is not None and not sync and self._size + len(line) <= self._most(line):
            self._append(self._handle, line)
            return
        self.close()
        durable.write(self._path, line, sync=sync)
        self._handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        self._release = weakref.finalize(self, os.close, self._handle)
        self._size = len(line)

    def close(self) -> None:
        """Close the file; the next write replaces it."""
        self._release()
        self._handle = None

    def delete(self) -> None:
        """Delete the file, if there is one."""
        self.close()
        self._path.unlink(missing_ok=True)

    def _append(self, handle: int, line: bytes) -> None:
        try:
            written = os.write(handle, line)
        except OSError:
            self.close()
            raise
        self._size += written
        if written < len(line):  # the disk is full; replacing the file needs less than both
            self.close()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))

    @staticmethod
    def _most(line: bytes) -> int:
        return max(_STATES * len(line), _BYTES)

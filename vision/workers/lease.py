"""Lease: the right of one process to watch a camera, held as a lock on a file.

The kernel gives a lock back when its holder has ended, however that was, and not before: a worker
that hangs and comes back can never write beside the one that took its place.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from vision.errors import StreetwardenError
from vision.file_name import file_name

PATIENCE_S = 15.0
"""Seconds to wait for a holder to end: a worker whose main process died ends in order first."""
_RETRY_S = 0.05


class Leases:
    """The leases of some cameras, held until `release` or the end of this process.

    Args:
        root: folder of the locks; made if it is missing.
        cameras: ids.
        patience_s: seconds to wait for other holders.

    Raises:
        StreetwardenError: another process holds one, or a lock's file cannot be written.
    """

    def __init__(
        self, root: Path, cameras: Sequence[str], *, patience_s: float = PATIENCE_S
    ) -> None:
        self._root, self._patience_s = root, patience_s
        self._files: dict[str, IO[str]] = {}
        try:
            self.add(cameras)
        except StreetwardenError:
            self.release()
            raise

    def add(self, cameras: Sequence[str]) -> None:
        """Hold the leases of these too; those that are held already are kept.

        Raises:
            StreetwardenError: as above; none is given back.
        """
        until = time.monotonic() + self._patience_s
        try:
            self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
            for camera in cameras:
                if camera not in self._files:
                    self._files[camera] = self._locked(camera, until)
        except OSError as error:
            raise StreetwardenError(
                f"{error.filename or self._root}: cannot be locked ({error.strerror}); free space "
                "or make the folder writable"
            ) from error

    def _locked(self, camera: str, until: float) -> IO[str]:
        file = (self._root / f"{file_name(camera)}.lock").open("a+", encoding="ascii")
        try:
            _lock(file, camera, until)
        except (OSError, StreetwardenError):
            file.close()
            raise
        return file

    def release(self) -> None:
        """Let other processes watch these cameras."""
        for file in self._files.values():
            file.close()
        self._files.clear()


def _lock(file: IO[str], camera: str, until: float) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                file.seek(0)
                holder = file.read(20).strip() or "unknown"
                raise StreetwardenError(
                    f"camera {camera} is watched by another process ({holder}); stop that, or "
                    "whatever serves the same site"
                ) from None
            time.sleep(_RETRY_S)
        else:
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            return

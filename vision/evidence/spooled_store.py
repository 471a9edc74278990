"""SpooledStore: evidence that waits in a folder of this machine until it is in a bucket.

Whoever records writes files only, as durably as to any folder, and knows of no bucket: a case can
be made, and its pictures looked at, while storage is away. One thread moves them on.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Thread

from vision import durable
from vision.errors import EvidenceError, EvidenceMissing, EvidenceUnavailable
from vision.evidence.bucket import PATIENCE_S, Bucket, NoAnswer
from vision.evidence.store import EvidenceStore, Stored, check_digest
from vision.throttled_log import ThrottledLog

_log = logging.getLogger(__name__)

_EVERY_S = 1.0
_RETRY_S = 5.0
_LOOK_EVERY_S = 30.0
"""Seconds between two looks at a bucket that nothing goes to."""
_STOP_S = 10.0
_SILENT_S = 10.0
"""Seconds in which nobody is kept waiting for a bucket that somebody waited for in vain."""


class SpooledStore(EvidenceStore):
    """Files in `root` until they are objects of a bucket.

    Several processes may put, read and delete, and several may move files on: a lock on `root`
    sees to it that nobody uploads what another deletes.

    Args:
        root: the folder; what is only there is on this machine alone.
        bucket: where evidence belongs.
    """

    def __init__(self, root: Path, bucket: Bucket) -> None:
        super().__init__(root)
        self._bucket = bucket
        self._thread: Thread | None = None
        self._ending = Event()
        self._until = float("inf")
        self._looked_at = float("-inf")
        self._failing: str | None = None
        self._silent: tuple[str, float] | None = None
        self._asking = Lock()
        self._faults = ThrottledLog(_log)

    @property
    def problem(self) -> str | None:
        """Why files cannot be moved on, or read from the bucket, now."""
        silent = self._silent
        return self._failing or (silent[0] if silent else None)

    @property
    def waiting(self) -> int:
        """How many files wait for their upload."""
        return sum(1 for _ in super().list())

    def start(self) -> None:
        """Begin to upload, in a thread."""
        self._thread = Thread(target=self._run, name="evidence-upload", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Upload what waits while that works, for some seconds at most; the rest stays."""
        self._until = time.monotonic() + _STOP_S
        self._ending.set()
        if self._thread is not None:
            self._thread.join(_STOP_S)

    def upload(self) -> None:
        """Upload what waits now, one file after the other.

        Raises:
            EvidenceUnavailable: the bucket does not take it.
            EvidenceError: a file was altered while it waited, or cannot be read; the others went.
        """
        fault = None
        for stored in super().list():
            if time.monotonic() > self._until:
                return
            try:
                self._move(stored.sha256)
            except EvidenceUnavailable:
                raise
            except EvidenceError as error:
                fault = error
        if fault is not None:
            raise fault

    def delete(self, digest: str) -> None:
        """Remove it from the bucket and from what waits."""
        check_digest(digest)
        with self._locked():
            self._bucket.delete(digest)
            self._remove(self._place(digest))

    def list(self) -> Iterator[Stored]:
        """Yield what waits, then what is in the bucket."""
        waiting = {stored.sha256: stored for stored in super().list()}
        yield from waiting.values()
        for stored in self._bucket.list():
            if stored.sha256 not in waiting:
                yield stored

    def _pieces(self, digest: str) -> Iterator[bytes]:
        try:
            yield from super()._pieces(digest)
        except EvidenceMissing:
            pass
        else:
            return
        self._mind_silence()
        try:
            yield from self._bucket.pieces(digest)
        except NoAnswer as error:
            self._silent = str(error), time.monotonic() + _SILENT_S
            raise
        self._silent = None

    def _mind_silence(self) -> None:
        """Refuse at once while the bucket is silent; after a while let one try again."""
        with self._asking:
            if self._silent is None:
                return
            why, until = self._silent
            if time.monotonic() < until:
                raise EvidenceUnavailable(why)
            self._silent = why, time.monotonic() + PATIENCE_S

    def _run(self) -> None:
        while True:
            last = self._ending.is_set()
            if not (last and self._failing):
                self._round()
            if last:
                return
            self._ending.wait(_RETRY_S if self._failing else _EVERY_S)

    def _round(self) -> None:
        try:
            if next(super().list(), None) is not None:
                self.upload()
                self._looked_at = time.monotonic()
            elif time.monotonic() > self._looked_at + _LOOK_EVERY_S:
                self._bucket.look()
                self._looked_at = time.monotonic()
            else:
                return
        except EvidenceError as error:
            self._looked_at = float("-inf")  # to see soon that it is back
            self._failing = str(error)
            self._faults.in_words("evidence waits on this disk", error)
        except Exception as error:  # noqa: BLE001 - nothing may end this thread
            self._failing = f"evidence is not uploaded: {type(error).__name__}; see the log"
            self._faults.traced("uploading evidence", error)
        else:
            self._failing = self._silent = None

    def _move(self, digest: str) -> None:
        with self._locked():
            place = self._place(digest)
            try:
                content = place.read_bytes()
            except FileNotFoundError:  # deleted, or moved on by another process
                return
            except OSError as error:
                raise EvidenceError(f"{place}: cannot be read ({error.strerror})") from error
            if hashlib.sha256(content).hexdigest() != digest:
                raise EvidenceError(
                    f"{place}: was altered while it waited for its upload; it stays there: see "
                    "who writes to that folder"
                )
            self._bucket.put(digest, content)
            place.unlink(missing_ok=True)  # after a power cut it goes up again, which is as well

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            durable.make_folder(self.root)
            folder = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(folder, fcntl.LOCK_EX)
                yield
            finally:
                os.close(folder)
        except OSError as error:
            raise EvidenceUnavailable(
                f"{error.filename or self.root}: cannot be used ({error.strerror}); free space or "
                "make the folder writable"
            ) from error

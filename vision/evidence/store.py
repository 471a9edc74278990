"""EvidenceStore: a folder of files named by their SHA-256; written whole or not at all."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from vision import durable
from vision.errors import EvidenceError, EvidenceMissing, EvidenceUnavailable

_DIGEST = re.compile(r"[0-9a-f]{64}")
_CHUNK = 2**20


@dataclass(frozen=True, slots=True)
class Stored:
    """One stored file: its digest, its size in bytes, when it was stored (UTC)."""

    sha256: str
    size: int
    at: datetime


class EvidenceStore:
    """Content-addressed files under `root`: `ab/ab12…`; the same bytes are one file.

    Any thread and any process may use the same folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def problem(self) -> str | None:
        """Why files do not get to where they belong, in plain words; None while all is well.

        Of a folder always None: what it cannot take, it refuses.
        """
        return None

    @property
    def waiting(self) -> int | None:
        """How many files wait to be moved on; None where they stay where they are put."""
        return None

    def start(self) -> None:
        """Begin to move files on to where they belong; in a folder, they are there."""

    def stop(self) -> None:
        """End what `start` began."""

    def put(self, content: bytes) -> str:
        """Store these bytes durably and return their SHA-256 in hex.

        The bytes and their name are on the disk before this returns, so a case never points at a
        file that a power cut took.

        Raises:
            EvidenceUnavailable: the folder cannot be written (full disk, read-only, no permission).
        """
        digest = hashlib.sha256(content).hexdigest()
        final = self._place(digest)
        try:
            if final.exists():
                durable.sync_folder(final.parent)  # whoever put it there may have died before
            else:
                durable.write(final, content)
        except OSError as error:
            raise EvidenceUnavailable(
                f"{self.root}: evidence cannot be stored ({error.strerror}); "
                "free space or make the folder writable"
            ) from error
        return digest

    def path(self, digest: str) -> Path:
        """The file of this digest in `root`.

        Raises:
            EvidenceMissing: it is not there.
            EvidenceError: `digest` is not a SHA-256 in hex.
        """
        final = self._place(check_digest(digest))
        if not final.is_file():
            raise EvidenceMissing(f"no evidence is stored under {digest}")
        return final

    def read(self, digest: str) -> bytes:
        """The bytes of this digest, checked against it.

        Raises:
            EvidenceUnavailable: the store does not answer now.
            EvidenceError: nothing is stored, it cannot be read, or it was altered.
        """
        return b"".join(self.stream(digest))

    def stream(self, digest: str) -> Iterator[bytes]:
        """Yield the bytes of this digest in pieces of 1 MiB at most, checked at the end.

        Who writes them on must be ready to throw away what it has: that they are the right ones is
        known only when this ends without an error.

        Raises:
            EvidenceError: as `read`, while it is iterated; an alteration after the last piece.
        """
        seen = hashlib.sha256()
        for piece in self._pieces(check_digest(digest)):
            seen.update(piece)
            yield piece
        if seen.hexdigest() != digest:
            raise EvidenceError(f"{digest}: was altered after it was stored; its hash differs")

    def delete(self, digest: str) -> None:
        """Remove a file for good; when this returns, a power cut does not bring it back.

        One that is not there is removed already. The caller knows that no case needs it: what was
        put a moment ago may have no row yet (see `Stored.at`).

        Raises:
            EvidenceUnavailable: it cannot be removed now.
            EvidenceError: `digest` is not a SHA-256 in hex.
        """
        final = self._place(check_digest(digest))
        try:
            with self._lock(fcntl.LOCK_EX):
                self._remove(final)
        except BlockingIOError as error:
            raise EvidenceUnavailable(
                f"{final}: is kept while a backup is made; it is removed after that"
            ) from error
        except FileNotFoundError:  # the whole folder
            return
        except OSError as error:
            raise EvidenceUnavailable(
                f"{final}: cannot be removed ({error.strerror}); make the folder writable"
            ) from error

    def _remove(self, final: Path) -> None:
        try:
            final.unlink()
            durable.sync_folder(final.parent)
        except (FileNotFoundError, NotADirectoryError):
            return

    @contextmanager
    def keep(self) -> Iterator[None]:
        """While this is open no process removes a file, by this folder: who tries does it later.

        Raises:
            EvidenceUnavailable: the folder cannot be read, or something is being removed.
        """
        try:
            durable.make_folder(self.root)
            with self._lock(fcntl.LOCK_SH):
                yield
        except BlockingIOError as error:
            raise EvidenceUnavailable(
                f"{self.root}: files are being removed; try again in a moment"
            ) from error

    @contextmanager
    def _lock(self, kind: int) -> Iterator[None]:
        handle = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
            yield
        finally:
            os.close(handle)

    def list(self) -> Iterator[Stored]:
        """Yield what is stored, in no order; of what comes or goes meanwhile, some.

        What is not named by a hash is left out, such as a part of a file whose writer was killed.

        Raises:
            EvidenceUnavailable: it cannot be listed now.
        """
        try:
            for folder in self.root.iterdir() if self.root.is_dir() else ():
                if folder.is_dir():
                    yield from _files(folder)
        except OSError as error:
            raise EvidenceUnavailable(
                f"{self.root}: cannot be listed ({error.strerror}); make the folder readable"
            ) from error

    def _place(self, digest: str) -> Path:
        return self.root / digest[:2] / digest

    def _pieces(self, digest: str) -> Iterator[bytes]:
        path = self.path(digest)
        try:
            with path.open("rb") as file:
                while piece := file.read(_CHUNK):
                    yield piece
        except FileNotFoundError:  # it went in this moment
            raise EvidenceMissing(f"no evidence is stored under {digest}") from None
        except OSError as error:
            raise EvidenceUnavailable(f"{path}: cannot be read ({error.strerror})") from error


def check_digest(digest: str) -> str:
    """The digest as it was given.

    Raises:
        EvidenceError: it is not a SHA-256 in hex.
    """
    if not _DIGEST.fullmatch(digest):
        raise EvidenceError(f"{digest[:80]!r} is not a SHA-256 in lower-case hex")
    return digest


def is_digest(name: str) -> bool:
    """Whether a file of this name may be evidence."""
    return _DIGEST.fullmatch(name) is not None


def _files(folder: Path) -> Iterator[Stored]:
    for file in folder.iterdir():
        if not is_digest(file.name):
            continue
        try:
            found = file.stat()
        except FileNotFoundError:  # moved on, or deleted, since it was listed
            continue
        yield Stored(file.name, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

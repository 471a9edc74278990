"""EvidenceStore: a folder of files named by their SHA-256; written whole or not at all."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from vision import durable
from vision.errors import EvidenceError, EvidenceUnavailable

_DIGEST = re.compile(r"[0-9a-f]{64}")


class EvidenceStore:
    """Content-addressed files under `root`: `ab/ab12…`; the same bytes are one file."""

    def __init__(self, root: Path) -> None:
        self.root = root

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
        """The file of this digest.

        Raises:
            EvidenceError: no such file is stored, or `digest` is not a SHA-256 in hex.
        """
        if not _DIGEST.fullmatch(digest):
            raise EvidenceError(f"{digest[:80]!r} is not a SHA-256 in lower-case hex")
        final = self._place(digest)
        if not final.is_file():
            raise EvidenceError(f"no evidence is stored under {digest}")
        return final

    def read(self, digest: str) -> bytes:
        """The bytes of this digest, checked against it.

        Raises:
            EvidenceError: nothing is stored, it cannot be read, or it was altered on disk.
        """
        path = self.path(digest)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise EvidenceError(f"{path}: cannot be read ({error.strerror})") from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise EvidenceError(f"{path}: was altered after it was stored; its hash differs")
        return content

    def _place(self, digest: str) -> Path:
        return self.root / digest[:2] / digest

"""Archive: writes the zip of a package, in the one layout that `api.evidence.verify` accepts."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

from api.errors import PackageTooLarge
from api.evidence.verify import DIRECTORY, READ, end, entry, header
from api.words.said import say

LARGEST = (1 << 32) - 1
"""Bytes, of a whole package: a zip's numbers without the extension zip64 have 32 bits."""
MOST = (1 << 16) - 1
"""Members, for the same reason."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member as it was written."""

    name: str
    sha256: str
    size: int


class Altered(Exception):  # noqa: N818 - a state of what was read
    """The content is not the one that was promised; nothing of it is in the archive."""


class Archive:
    """A zip under way: nothing is compressed, and nothing depends on when or where it is written.

    Args:
        file: empty and seekable; the caller closes it.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._entries: list[bytes] = []
        self._at = 0
        self.members: list[Member] = []

    def add(self, name: str, blocks: Iterable[bytes], sha256: str | None = None) -> Member:
        """Write a member, a block at a time.

        Args:
            name: as `verify.NAME` allows.
            blocks: its content.
            sha256: of it, in hex, where that is known before.

        Raises:
            Altered: its hash is another; the archive is as it was before.
            PackageTooLarge: the zip, or a member that is checked as a whole, cannot be this long.
        """
        raw = name.encode("ascii")
        start = self._at + len(header(raw, 0, 0))
        most = min(READ.get(name, LARGEST), LARGEST - DIRECTORY - start)
        digest, crc, size = hashlib.sha256(), 0, 0
        self._file.seek(start)
        for block in blocks:
            digest.update(block)
            crc, size = zlib.crc32(block, crc), size + len(block)
            if size > most or len(self.members) == MOST:
                raise PackageTooLarge(say("package_too_large", file=name))
            self._file.write(block)
        if sha256 is not None and digest.hexdigest() != sha256:
            self._file.seek(self._at)
            self._file.truncate()
            raise Altered(name)
        self._file.seek(self._at)
        self._file.write(header(raw, crc, size))
        self._entries.append(entry(raw, crc, size, self._at))
        self._at = start + size
        self.members.append(Member(name, digest.hexdigest(), size))
        return self.members[-1]

    def close(self) -> int:
        """Write the directory; return the length of the whole in bytes."""
        directory = b"".join(self._entries)
        if len(directory) > DIRECTORY:
            raise PackageTooLarge(say("package_too_many", files=len(self.members)))
        self._file.seek(self._at)
        self._file.write(directory + end(len(self._entries), len(directory), self._at))
        self._file.truncate()  # of a member that was given up
        self._file.flush()
        return self._file.tell()

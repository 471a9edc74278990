"""PackedLooks: looks as bytes, as they are kept in memory and go to another process."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from vision.rules.looks import Kept


@dataclass(frozen=True, slots=True)
class PackedLooks:
    """Blocks of packed looks, the oldest first, and the latest, which are not packed yet."""

    blocks: tuple[bytes, ...]
    rest: tuple[Kept, ...]

    def unpacked(self) -> list[Kept]:
        """All of them, the oldest first; an hour takes a second."""
        return [*(look for block in self.blocks for look in _unpacked(block)), *self.rest]


def pack(looks: Sequence[Kept]) -> bytes:
    """A block of looks."""
    return zlib.compress(pickle.dumps(list(looks)), 1)


def _unpacked(block: bytes) -> list[Kept]:
    looks: list[Kept] = pickle.loads(zlib.decompress(block))  # noqa: S301 - our own, of this machine
    return looks

"""RecentLooks: the last hour's looks at one camera, without their pictures, packed in memory.

They are what rules as somebody proposes them are tried out on (`vision.trial`). Each is packed
exactly as the rules were given it, by a thread of its own: the loop's has no time for that.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from vision.detections import Detections
from vision.frames import Frame
from vision.rules.looks import Kept, Past
from vision.trial.packed_looks import PackedLooks, pack

KEPT = timedelta(hours=1)
"""How long before the latest look they reach."""
MOST_LOOKS = 18_000
"""Of a camera: an hour of five a second."""
MOST_BYTES = 4 << 20
"""Of a camera, packed."""
BLOCK = 32
"""Looks that are packed together: the interpreter is held for two milliseconds by it."""

_packer = ThreadPoolExecutor(1, thread_name_prefix="packs-looks")


@dataclass(frozen=True, slots=True)
class _Block:
    packed: bytes
    looks: int
    until: datetime


class RecentLooks:
    """What the rules of one camera were given. One thread adds, any may ask.

    Args:
        most_looks, most_bytes: how much is kept, beside two blocks that are not packed yet.
    """

    def __init__(self, *, most_looks: int = MOST_LOOKS, most_bytes: int = MOST_BYTES) -> None:
        self._most_looks, self._most_bytes = most_looks, most_bytes
        self._packed: deque[_Block] = deque()
        self._packing: deque[list[Kept]] = deque()
        self._latest: list[Kept] = []
        self._last: tuple[datetime, int] | None = None
        self._lock = Lock()

    @property
    def packed_bytes(self) -> int:
        """Bytes of what is packed."""
        with self._lock:
            return sum(len(block.packed) for block in self._packed)

    def add(self, preset: str | None, frame: Frame, detections: Detections) -> None:
        """Keep a look; its detections must not change from now on."""
        this = frame.captured_at, frame.index
        if this == self._last:  # to the rules, a picture that comes twice is one look
            return
        self._last = this
        self._latest.append((preset, Past.of(frame, detections)))
        if len(self._latest) >= BLOCK:
            with self._lock:
                self._packing.append(self._latest)
                self._latest = []
            _packer.submit(self._pack)

    def all(self) -> PackedLooks:
        """All of them."""
        with self._lock:
            blocks = tuple(block.packed for block in self._packed)
            rest = tuple(look for looks in (*self._packing, self._latest) for look in looks)
        return PackedLooks(blocks, rest)

    def _pack(self) -> None:
        looks = self._packing[0]  # which this thread alone takes out
        until = looks[-1][1].captured_at
        block = _Block(pack(looks), len(looks), until)
        with self._lock:
            self._packing.popleft()
            self._packed.append(block)
            while self._packed and self._too_many(until):
                self._packed.popleft()

    def _too_many(self, now: datetime) -> bool:
        blocks = self._packed
        return (
            now - blocks[0].until > KEPT
            or sum(block.looks for block in blocks) > self._most_looks
            or sum(len(block.packed) for block in blocks) > self._most_bytes
        )

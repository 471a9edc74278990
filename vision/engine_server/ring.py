"""Ring: the slots in shared memory through which one client's pictures and boxes travel.

The memory is a memfd: it has no name in the system, counts on no `/dev/shm` (64 MB in a container),
and is freed by the kernel with the last process that holds it, however that one ends. Python's
`SharedMemory` has a name, which outlives a kill -9, and a tracker process, which unlinks the memory
of others when its own process ends.

A slot holds, each at a page's start:

- its answer: the ticket it answers (8 bytes, padded to 64), then up to 300 rows of 6 float32
  (x1, y1, x2, y2 in input pixels, score, class), or the text of an error;
- its picture, letterboxed: H×W×3 uint8 BGR, at most `image_size` each way.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.non_maximum import MAX_DETECTIONS
from vision.detections import Detections
from vision.frames import Pixels

PAGE = mmap.PAGESIZE
_ROW = 6
_TICKET_BYTES = 64
_ANSWER_BYTES = -(-(_TICKET_BYTES + MAX_DETECTIONS * _ROW * 4) // PAGE) * PAGE
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
"""Memory that somebody shortened would kill whoever reads it with SIGBUS."""

Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a ring lies in its memory.

    Attributes:
        slots: how many pictures it takes.
        image_size: longer side of the network's input, pixels.
    """

    slots: int
    image_size: int

    @property
    def picture_bytes(self) -> int:
        """The largest picture: a square one."""
        return self.image_size * self.image_size * 3

    @property
    def slot_bytes(self) -> int:
        """An answer and a picture."""
        return _ANSWER_BYTES + -(-self.picture_bytes // PAGE) * PAGE

    @property
    def total_bytes(self) -> int:
        """All slots. Pages that are never touched are never allocated, unless they are pinned."""
        return self.slots * self.slot_bytes


class Ring:
    """The slots of one connection; it never outlives it, so nothing in it is anybody else's.

    The client writes pictures and reads answers, the server the reverse; a slot is in the hands of
    one of them at a time, and a message hands it over.

    Args:
        memory: file descriptor of the memory; owned by the ring from here on.
        layout: how it lies there.

    Raises:
        ValueError: the memory is shorter than its layout says.
    """

    def __init__(self, memory: int, layout: Layout) -> None:
        self.layout = layout
        self.memory = memory
        if os.fstat(memory).st_size < layout.total_bytes:
            os.close(memory)
            raise ValueError(f"a ring of {layout} does not fit into its memory")
        self.bytes: Pixels = np.frombuffer(mmap.mmap(memory, layout.total_bytes), np.uint8)

    @classmethod
    def create(cls, layout: Layout) -> Ring:
        """A new one; OSError where the process has no file descriptor or memory left."""
        memory = os.memfd_create("streetwarden-ring", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(memory, layout.total_bytes)
        fcntl.fcntl(memory, fcntl.F_ADD_SEALS, _SEALS)
        return cls(memory, layout)

    def picture(self, slot: int, height: int, width: int) -> Pixels:
        """The slot's picture, H×W×3 uint8 BGR: a view."""
        start = slot * self.layout.slot_bytes + _ANSWER_BYTES
        return self.bytes[start : start + height * width * 3].reshape(height, width, 3)

    def put_boxes(self, slot: int, ticket: int, found: Detections) -> int:
        """Answer with boxes; returns the number of rows."""
        count = min(len(found), MAX_DETECTIONS)
        rows = self._rows(slot, count)
        rows[:, :4] = found.xyxy[:count]
        if count:
            assert found.confidence is not None
            assert found.class_id is not None
            rows[:, 4] = found.confidence[:count]
            rows[:, 5] = found.class_id[:count]
        self._sign(slot, ticket)
        return count

    def put_error(self, slot: int, ticket: int, text: str) -> int:
        """Answer with an error; returns the number of its bytes."""
        room = self._answer(slot)[_TICKET_BYTES:]
        told = text.encode()[: len(room)]
        room[: len(told)] = np.frombuffer(told, np.uint8)
        self._sign(slot, ticket)
        return len(told)

    def boxes(self, slot: int, count: int) -> Rows:
        """A copy of the answer's rows: N×6."""
        return self._rows(slot, min(count, MAX_DETECTIONS)).copy()

    def error(self, slot: int, count: int) -> str:
        """The answer's error."""
        told: bytes = self._answer(slot)[_TICKET_BYTES:][:count].tobytes()
        return told.decode(errors="replace")

    def ticket(self, slot: int) -> int:
        """The ticket that the answer in this slot belongs to."""
        return int(self._answer(slot)[:8].view(np.uint64)[0])

    def close(self) -> None:
        """Let go of the memory; what still reads a picture keeps its pages until it is done."""
        if self.memory >= 0:
            os.close(self.memory)
            self.memory = -1
            self.bytes = np.empty(0, np.uint8)

    def _answer(self, slot: int) -> Pixels:
        start = slot * self.layout.slot_bytes
        return self.bytes[start : start + _ANSWER_BYTES]

    def _rows(self, slot: int, count: int) -> Rows:
        end = _TICKET_BYTES + count * _ROW * 4
        return self._answer(slot)[_TICKET_BYTES:end].view(np.float32).reshape(count, _ROW)

    def _sign(self, slot: int, ticket: int) -> None:
        self._answer(slot)[:8].view(np.uint64)[0] = ticket

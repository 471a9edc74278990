"""StatusPage: what a server tells the process that owns it, in a page of shared memory.

The server writes as it goes, at the price of an assignment; the owner reads when somebody asks. The
page is the owner's, so counts go on over restarts. It is a memfd for the reasons of `ring.py`.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from multiprocessing import reduction
from typing import Any

SIZES = (1, 2, 4, 8, 16, 32, 64)
"""Upper ends of the histogram of batch sizes, in pictures; above the last is the rest."""
_TEXT_BYTES = 1024


class Stage(IntEnum):
    """How far a server process has come."""

    LOADING = 0
    READY = 1
    ENDED = 2
    """In order, or by an error, which `trouble` tells."""


class _Fields(ctypes.Structure):
    _fields_ = [
        ("beat_ns", ctypes.c_uint64),
        ("stage", ctypes.c_uint64),
        ("batches", ctypes.c_uint64),
        ("pictures", ctypes.c_uint64),
        ("failed", ctypes.c_uint64),
        ("busy_ns", ctypes.c_uint64),
        ("clients", ctypes.c_uint64),
        ("waiting", ctypes.c_uint64),
        ("device_memory", ctypes.c_uint64),
        ("sizes", ctypes.c_uint64 * (len(SIZES) + 1)),
        ("trouble_bytes", ctypes.c_uint64),
        ("trouble", ctypes.c_char * _TEXT_BYTES),
    ]


@dataclass(frozen=True, slots=True)
class ServerCounts:
    """What an engine server has done over all its restarts, and what it does now.

    Attributes:
        batches: given to the engine.
        pictures: looked at.
        failed: pictures that could not be looked at, not even alone.
        sizes: number of batches by their size: up to 1, 2, 4 … 64 pictures, and more (`SIZES`).
        seconds: sum over batches of the time from `submit` to their result, which overlaps.
        clients: connected now.
        waiting: pictures in slots that the engine has not been given yet.
        device_memory: bytes of a device's own memory that the engine holds; None if it has none.
        restarts: of the server, so far.
    """

    batches: int
    pictures: int
    failed: int
    sizes: tuple[int, ...]
    seconds: float
    clients: int
    waiting: int
    device_memory: int | None
    restarts: int


class StatusPage:
    """The page; made by the owner, handed to each server that it starts.

    Args:
        memory: file descriptor of the page, from another process; a new page if None.
    """

    def __init__(self, memory: int | None = None) -> None:
        if memory is None:
            memory = os.memfd_create("streetwarden-status", os.MFD_CLOEXEC)
            os.ftruncate(memory, ctypes.sizeof(_Fields))
        self._memory = memory
        self.fields: Any = _Fields.from_buffer(mmap.mmap(memory, ctypes.sizeof(_Fields)))

    def __reduce__(self) -> tuple[Callable[[Any], StatusPage], tuple[object]]:
        """Only to a process that is being spawned: its file descriptor goes with it."""
        return _received, (reduction.DupFd(self._memory),)

    def begin(self) -> None:
        """A new server starts."""
        fields = self.fields
        fields.stage, fields.trouble_bytes = Stage.LOADING, 0
        fields.clients = fields.waiting = fields.device_memory = 0
        self.beat()

    def beat(self) -> None:
        """A sign of life."""
        self.fields.beat_ns = time.monotonic_ns()

    @property
    def silent_s(self) -> float:
        """Seconds since the last sign of life; one clock for all processes."""
        beat_ns: int = self.fields.beat_ns
        return max(0.0, (time.monotonic_ns() - beat_ns) / 1e9)

    @property
    def stage(self) -> Stage:
        """How far the server has come."""
        return Stage(self.fields.stage)

    def batched(self, pictures: int, failed: int, lasted_s: float) -> None:
        """Count a batch."""
        fields = self.fields
        fields.batches += 1
        fields.pictures += pictures - failed
        fields.failed += failed
        fields.busy_ns += int(lasted_s * 1e9)
        fields.sizes[sum(pictures > size for size in SIZES)] += 1

    @property
    def trouble(self) -> str | None:
        """Why the server has ended, in its own words; None if it said nothing."""
        told = self.fields.trouble[: self.fields.trouble_bytes]
        return told.decode(errors="replace") if told else None

    def end(self, trouble: str | None = None) -> None:
        """The server ends, in order or for this reason."""
        told = (trouble or "").encode()[: _TEXT_BYTES - 1]
        self.fields.trouble = told
        self.fields.trouble_bytes = len(told)
        self.fields.stage = Stage.ENDED

    def counts(self, restarts: int) -> ServerCounts:
        """What has been counted so far."""
        fields = self.fields
        return ServerCounts(
            batches=fields.batches,
            pictures=fields.pictures,
            failed=fields.failed,
            sizes=tuple(fields.sizes),
            seconds=fields.busy_ns / 1e9,
            clients=fields.clients,
            waiting=fields.waiting,
            device_memory=fields.device_memory or None,
            restarts=restarts,
        )


def _received(memory: Any) -> StatusPage:
    return StatusPage(memory.detach())

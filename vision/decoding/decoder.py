"""Decoder: what a process does that decodes pictures, one after the other.

It holds nothing but the picture it is at, so one that crashes it, or makes it too large for the
machine, costs that picture alone. It imports little, as it is started for each audit.
"""

from __future__ import annotations

import fcntl
import os
import signal
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar

import cv2
import numpy as np

from vision.errors import PictureError
from vision.frames import Pixels, fitted
from vision.sources.picture import read_raster
from vision.sources.raster import Raster, take_turns

MOST_PIXELS = 25_000_000
"""Decoded at most of a picture that cannot be decoded smaller, as a JPEG can: what most drones and
cameras take (20 and 24 MP) is scaled down from all that there is."""


Answer_co = TypeVar("Answer_co", covariant=True)


class Question(Protocol[Answer_co]):
    """What is asked of a decoder's process. It has to be picklable, and so has the answer.

    Attributes:
        path: the file that it is about.
    """

    @property
    def path(self) -> Path: ...  # noqa: D102

    def answer(self) -> Answer_co:
        """Answer it; PictureError if the file is at fault."""
        ...


@dataclass(frozen=True, slots=True)
class Decode:
    """Asks for a picture, its longer side `side` pixels at most; width and height are its own."""

    path: Path
    side: int

    def answer(self) -> Raster:
        """The picture; see `read_raster`."""
        raster = read_raster(self.path, MOST_PIXELS, self.side)
        return replace(raster, pixels=_small(raster.pixels, self.side))


def _small(pixels: Pixels, side: int) -> Pixels:
    height, width = pixels.shape[:2]
    if max(height, width) <= side:
        return pixels
    # Less than half goes, as whole numbers went before; by areas it would take ten times as long.
    size = fitted(width, height, side)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def serve(questions: Connection, turns: str) -> None:
    """Answer questions until nobody asks any more; the process's whole life.

    What is sent is a `PictureError`, or the answer and None; of a `Raster` it is the answer without
    its pixels and their shape, and then they as they lie in memory.

    Args:
        questions: they come in here, answers go out.
        turns: a file; who decodes a large picture holds its lock, across all processes.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the asker's to answer
    cv2.setNumThreads(1)  # the others have the other cores
    with Path(turns).open("wb") as lock:
        take_turns(_Turn(lock.fileno()))
        while True:
            try:
                asked = questions.recv()
            except (EOFError, OSError):
                return
            try:
                found = asked.answer()
            except PictureError as error:
                questions.send(error)
                continue
            except Exception as error:  # noqa: BLE001 - what a picture brings about stays its own
                why = f"cannot be decoded ({error!r}); export it again"
                questions.send(PictureError(f"{asked.path}: {why}"))
                continue
            if not isinstance(found, Raster):
                questions.send((found, None))
                continue
            pixels = np.ascontiguousarray(found.pixels)
            questions.send((replace(found, pixels=_NONE), pixels.shape))
            left = pixels.reshape(-1).data
            while left:  # `send_bytes` would have it received into memory twice as large
                left = left[os.write(questions.fileno(), left) :]


_NONE = np.empty((0, 0, 3), np.uint8)


class _Turn(AbstractContextManager["_Turn"]):
    """A lock that the kernel lets go of when its process dies (POSIX record lock)."""

    def __init__(self, file: int) -> None:
        self._file = file

    def __enter__(self) -> Self:
        fcntl.lockf(self._file, fcntl.LOCK_EX)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_UN)

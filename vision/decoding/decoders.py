"""Decoders: pictures are decoded by processes of their own, beside the engine.

Decoders of pictures are large and written in C, and the pictures come from anywhere. In a process
of its own one may crash, hang or be killed for memory: the picture is named, and whoever
asked goes on.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from queue import SimpleQueue
from signal import Signals
from types import TracebackType
from typing import Self, TypeVar, cast

import numpy as np

from vision.decoding.decoder import Question, serve
from vision.errors import PictureError

Answer = TypeVar("Answer")

HUNG_AFTER_S = 120.0
"""A picture that takes longer is given up: a hundred times what 200 million pixels take."""
_MOST = 8
"""Processes, of 60 MB each; more than eight outrun any engine on a CPU."""
_CONTEXT = get_context("spawn")  # a fork would copy the locks that this process's threads hold


def at_once() -> int:
    """Processes for this machine: one for two cores.

    A large photo takes as much of a processor to decode as the engine takes to look at it. On two
    cores a second process won nothing (108 photos, a third of 12 megapixels: 10.2 and 10.4 a
    second, 2026-11-27); more cores are unmeasured.
    """
    return max(1, min(_MOST, len(os.sched_getaffinity(0)) // 2))


class Decoders:
    """Processes that decode; any thread may ask. Use as a context manager.

    Each is started when it is first needed, and again after it has died.

    Args:
        count: processes, and so pictures decoded at once; `at_once` by default.
    """

    def __init__(self, count: int | None = None) -> None:
        self.count = count or at_once()

    def __enter__(self) -> Self:
        self._turns = tempfile.NamedTemporaryFile(prefix="streetwarden-turns-")
        self._all = [_Decoder(self._turns.name) for _ in range(self.count)]
        self._idle = SimpleQueue[_Decoder]()
        for one in self._all:
            self._idle.put(one)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for one in self._all:
            one.stop()
        self._turns.close()

    def ask(self, asked: Question[Answer]) -> Answer:
        """Have a question answered; waits for a process that is free.

        Raises:
            PictureError: it cannot be decoded; or it has ended two processes, or one hangs.
        """
        decoder = self._idle.get()
        try:
            try:
                return decoder.ask(asked)
            except EOFError:
                # Perhaps it was the machine that was short, or somebody that killed it.
                return decoder.ask(asked)
        except EOFError as error:
            raise PictureError(
                f"{asked.path}: ended the process that decoded it, twice ({error}); it may be "
                "damaged, hostile or too large for this machine: export it again as an "
                "ordinary JPEG"
            ) from None
        finally:
            self._idle.put(decoder)


class _Decoder:
    """One process; asked by one thread at a time."""

    def __init__(self, turns: str) -> None:
        self._turns = turns
        self._pipe: Connection | None = None

    @property
    def pid(self) -> int | None:
        """Of the process; None where none runs."""
        return None if self._pipe is None else self._process.pid

    def ask(self, asked: Question[Answer]) -> Answer:
        """Ask it.

        Raises:
            EOFError: the process died; it is started again when it is asked again.
            PictureError: the picture's own fault.
        """
        pipe = self._pipe or self._start()
        try:
            pipe.send(asked)
            if not pipe.poll(HUNG_AFTER_S):
                self.stop()
                raise PictureError(
                    f"{asked.path}: could not be decoded within {HUNG_AFTER_S:.0f} s; export it "
                    "again as an ordinary JPEG"
                )
            answer = pipe.recv()
            if isinstance(answer, PictureError):
                raise answer
            found, shape = answer
            if shape is None:
                return cast("Answer", found)
            pixels = np.empty(shape, np.uint8)
            left = pixels.reshape(-1).data
            while left:
                some = os.readv(pipe.fileno(), [left])
                left = left[some:] if some else _ended()
        except (EOFError, OSError):
            raise EOFError(self._ended()) from None
        return cast("Answer", replace(found, pixels=pixels))

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
            self._process.kill()
            self._process.join()
            self._process.close()

    def _start(self) -> Connection:
        ours, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(
            target=serve, args=(theirs, self._turns), name="picture-decoder", daemon=True
        )
        self._process.start()
        theirs.close()
        self._pipe = ours
        return ours

    def _ended(self) -> str:
        """What became of a process that no longer answers."""
        self._process.join(5)
        code = self._process.exitcode
        self.stop()
        if code is not None and code < 0:
            return Signals(-code).name
        return "no answer" if code is None else f"exit code {code}"


def _ended() -> memoryview:
    """What the end of a pipe is where more was to come."""
    raise EOFError

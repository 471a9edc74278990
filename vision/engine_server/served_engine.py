"""ServedEngine: an engine that another process owns, as one more `Engine`."""

from __future__ import annotations

import logging
import select
import socket
import time
from collections.abc import Callable, Sequence

import numpy as np

from models.catalogue import ModelEntry
from vision.detections import Detections
from vision.engine_server.address import EngineAddress
from vision.engine_server.link import Link, ServedPending
from vision.engine_server.records import receive_welcome
from vision.errors import EngineError
from vision.frames import Pixels

log = logging.getLogger(__name__)

OPEN_WITHIN_S = 180.0
"""How long opening waits: a server may have to load its model, or convert it at first use."""
RETURN_WITHIN_S = 10.0
"""How long a call waits for a server that was lost: a restart takes a few seconds."""
ANSWER_WITHIN_S = 30.0
"""Longest silence of a server that was asked. Longer than its owner's patience with one that hangs
(`EngineServerProcess`), so that it is normally that one who ends the wait."""
_KNOCK_S = 0.1
"""Between two looks at whether a server is there, and whether waiting still makes sense."""


class ServedEngine:
    """Asks the engine server at an address; see `Engine`.

    Pictures are letterboxed here, into shared memory, and boxes come back the same way; they are
    those that the server's engine itself would give. When the server is gone, calls wait for it
    to come back, `return_within_s` after it was lost and no longer; what it had is lost, and is
    reported as an `EngineError`. `warm_up` waits that long again.

    Args:
        address: of the server: `EngineServerProcess.address`.
        stopping: whether waiting for a server makes no sense any more; asked ten times a second.
        open_within_s: how long to wait for the server to be ready at the start.
        return_within_s: how long to wait for one that was lost.
        answer_within_s: longest silence of one that was asked.

    Raises:
        EngineError: no server was ready in time.
    """

    device = None
    device_memory = None

    def __init__(
        self,
        address: EngineAddress,
        *,
        stopping: Callable[[], bool] = lambda: False,
        open_within_s: float = OPEN_WITHIN_S,
        return_within_s: float = RETURN_WITHIN_S,
        answer_within_s: float = ANSWER_WITHIN_S,
    ) -> None:
        self._address = address
        self._stopping = stopping
        self._return_within_s = return_within_s
        self._answer_within_s = answer_within_s
        self._knocking: socket.socket | None = None
        """A connection that the server has not taken yet: it is loading, or busy."""
        self._deadline = time.monotonic() + open_within_s
        self._missed: Link | None = None
        """The link whose loss set the deadline."""
        try:
            self._link = self._connected()
        except BaseException:
            self._knock_no_more()
            raise
        welcome = self._link.welcome
        self.name = f"served-{welcome.engine}"
        self.batch = welcome.batch
        self.depth = welcome.depth + 1  # one that waits at the server while it has its own depth

    @property
    def model(self) -> ModelEntry:
        """See `Engine`."""
        return self._link.welcome.model

    @property
    def image_size(self) -> int:
        """See `Engine`."""
        return self._link.welcome.layout.image_size

    def submit(self, images: Sequence[Pixels]) -> ServedPending:
        """Lay pictures into shared memory and name them to the server; see `Engine.submit`.

        Where there are more than it has slots free, waits for answers to earlier ones.
        """
        link = self._living()
        pending = ServedPending(link, len(images))
        try:
            for number, image in enumerate(images):
                link.ask(image, pending, number)
        finally:
            link.flush()
        return pending

    def infer(self, images: Sequence[Pixels]) -> list[Detections]:
        """Detections of pictures, in their order; see `Engine.infer`."""
        return self.submit(images).result()

    def run_bare(self, batch: Pixels, times: int) -> None:
        """Run a ready batch; through the server it is looked at and answered as any other."""
        for _ in range(times):
            self.infer(list(batch))

    def warm_up(self) -> None:
        """Wait for the server, and run a blank 16:9 picture; see `Engine.warm_up`."""
        self._deadline = max(self._deadline, time.monotonic() + self._return_within_s)
        side = self.image_size
        self.infer([np.zeros((side * 9 // 16, side, 3), np.uint8)])

    def close(self) -> None:
        """Part from the server, which goes on for others."""
        self._link.close()
        self._knock_no_more()

    def _knock_no_more(self) -> None:
        if self._knocking is not None:
            self._knocking.close()
            self._knocking = None

    def _living(self) -> Link:
        """The link, or the next one if it was lost, once there is a server again."""
        if self._link.lost is None:
            self._link.look()
        if self._link.lost is not None:
            if self._link is not self._missed:
                self._missed = self._link
                self._deadline = time.monotonic() + self._return_within_s
            self._link = self._connected()
        return self._link

    def _connected(self) -> Link:
        """A new link, when the server takes us before the deadline; one look if that has passed."""
        while True:
            link = self._knock()
            if link is not None:
                return link
            if self._stopping():
                raise EngineError("The engine server is not waited for, as this process is ending.")
            if time.monotonic() >= self._deadline:
                raise EngineError(
                    "The engine server is not there, or not ready: it may still load its model, or "
                    "be about to be started again. See /readyz, and its log."
                )

    def _knock(self) -> Link | None:
        """Try for `_KNOCK_S`; None if the server did not take us."""
        try:
            if self._knocking is None:
                self._knocking = self._address.connect()
            came, _, _ = select.select([self._knocking], [], [], _KNOCK_S)
            if not came:
                return None
            connection, self._knocking = self._knocking, None
            try:
                welcome, ring = receive_welcome(connection)
            except BaseException:
                connection.close()
                raise
        except OSError:  # nobody listens, or who did has just ended
            time.sleep(_KNOCK_S)
            return None
        except ValueError as error:
            raise EngineError(
                f"What listens at the engine server's address is none of this version ({error}). "
                "Restart all processes after an update."
            ) from error
        return Link(connection, welcome, ring, answer_within_s=self._answer_within_s)

"""Session: a server's side of the connection to one client."""

from __future__ import annotations

import logging
import socket
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from vision.detections import Detections
from vision.engine_server.pinning import pin, readable, unpin
from vision.engine_server.records import ANSWER, ASK, Answer, Ask, Records
from vision.engine_server.ring import Ring
from vision.errors import EngineError
from vision.frames import Image

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A picture in a client's slot."""

    session: Session
    ask: Ask

    @property
    def picture(self) -> Image:
        """H×W×3 uint8 BGR, letterboxed: a view of the slot, the client's again once answered.

        A tensor where the slot is pinned, so that the device reads it there.
        """
        view = self.session.ring.picture(self.ask.slot, self.ask.height, self.ask.width)
        return readable(view) if self.session.pinned else view


class Session:
    """One client: what it asks, and the answers it gets.

    A client that dies or breaks the rules is `gone`: what it asked is forgotten, what is under way
    for it is finished and told nobody, and then its memory goes.

    Args:
        connection: to the client; does not block.
        process: its process id.
        ring: the memory shared with it; the session's from here on.
        pinned: lock the memory for the device.
    """

    def __init__(
        self, connection: socket.socket, process: int, ring: Ring, *, pinned: bool = False
    ) -> None:
        self.connection = connection
        self.process = process
        self.ring = ring
        self.gone = False
        self.waiting: deque[Waiting] = deque()
        self._records = Records(connection, ASK)
        self._held: set[int] = set()
        """Slots that are the server's: waiting or under way."""
        self._under_way = 0
        self.pinned = pinned and pin(ring)

    def read(self) -> None:
        """Take what the client asks; afterwards it may be gone."""
        try:
            for record in self._records.read():
                ask = Ask(*record)
                self._check(ask)
                self._held.add(ask.slot)
                self.waiting.append(Waiting(self, ask))
        except OSError as error:
            self.part(f"it is gone ({error})")
        except ValueError as error:
            self.part(str(error))

    def take(self) -> Waiting:
        """The picture that has waited longest; it is under way until it is settled."""
        self._under_way += 1
        return self.waiting.popleft()

    def settle(self, answers: Iterable[tuple[Waiting, Detections | EngineError]]) -> None:
        """Answer pictures that were under way, in one message."""
        records = []
        for waiting, found in answers:
            self._under_way -= 1
            self._held.discard(waiting.ask.slot)
            if not self.gone:
                records.append(self._written(waiting.ask, found))
        self._tell(records)
        self._let_go()

    def refuse(self, why: EngineError) -> None:
        """Answer everything that waits with an error."""
        refused = [self._written(waiting.ask, why) for waiting in self.waiting]
        self._held.difference_update(waiting.ask.slot for waiting in self.waiting)
        self.waiting.clear()
        self._tell(refused)

    def part(self, why: str) -> None:
        """The client is gone, or is treated so."""
        if self.gone:
            return
        self.gone = True
        log.info("the engine server parts from process %d: %s", self.process, why)
        self.connection.close()
        self.waiting.clear()
        self._let_go()

    def _check(self, ask: Ask) -> None:
        layout = self.ring.layout
        if not (
            ask.slot < layout.slots
            and ask.slot not in self._held
            and 0 < ask.height <= layout.image_size
            and 0 < ask.width <= layout.image_size
        ):
            raise ValueError(f"it asked {ask}, which its ring of {layout} does not allow")

    def _written(self, ask: Ask, found: Detections | EngineError) -> Answer:
        if isinstance(found, EngineError):
            count = self.ring.put_error(ask.slot, ask.ticket, str(found))
            return Answer(ask.ticket, ask.slot, 1, count)
        return Answer(ask.ticket, ask.slot, 0, self.ring.put_boxes(ask.slot, ask.ticket, found))

    def _tell(self, records: list[Answer]) -> None:
        if self.gone or not records:
            return
        try:
            self._records.send(ANSWER, records)
        except OSError as error:
            self.part(f"it takes no answer ({error})")

    def _let_go(self) -> None:
        if self.gone and not self._under_way:
            if self.pinned:
                self.pinned = False
                unpin(self.ring)
            self.ring.close()

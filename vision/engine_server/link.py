"""Link: a client's side of one connection to an engine server."""

from __future__ import annotations

import select
import socket
import time
from dataclasses import dataclass

from vision.detections import Detections, make_detections
from vision.engine_server.records import ANSWER, ASK, Answer, Ask, Records, Welcome
from vision.engine_server.ring import Ring, Rows
from vision.engines.letterbox import Letterbox
from vision.errors import EngineError
from vision.frames import Pixels


class ServedPending:
    """A batch at the server; see `Pending`."""

    def __init__(self, link: Link, count: int) -> None:
        self._link = link
        self._found: list[Detections | EngineError | None] = [None] * count

    def result(self) -> list[Detections]:
        """Wait for every picture of the batch, as long as the server gives signs of life."""
        while any(found is None for found in self._found):
            self._link.receive()
        done = []
        for found in self._found:
            if isinstance(found, EngineError):
                raise found
            assert found is not None
            done.append(found)
        return done

    def settle(self, number: int, found: Detections | EngineError) -> None:
        """What came of one picture."""
        self._found[number] = found


@dataclass(frozen=True, slots=True)
class _Asked:
    """A picture that the server has: which ask it was, and where its answer belongs."""

    ticket: int
    pending: ServedPending
    number: int
    box: Letterbox


class Link:
    """One connection: free slots, pictures that are asked about, answers that come.

    A connection that is lost stays so; everything asked on it ends with an error. The next one has
    memory of its own, so what a server that was thought dead still writes reaches nobody.

    Args:
        connection: to the server, which has said its first word.
        welcome: that word.
        ring: the memory that came with it; the link's from here on.
        answer_within_s: longest silence of a server that has been asked, seconds.
    """

    def __init__(
        self, connection: socket.socket, welcome: Welcome, ring: Ring, *, answer_within_s: float
    ) -> None:
        self.welcome = welcome
        self.lost: EngineError | None = None
        """Why nothing can be asked here any more."""
        self._records = Records(connection, ANSWER)
        self._ring = ring
        self._answer_within_s = answer_within_s
        self._free = list(range(welcome.layout.slots))
        self._asked: dict[int, _Asked] = {}
        self._unsent: list[Ask] = []
        self._tickets = 0
        self._heard = time.monotonic()
        self._ready = select.poll()
        self._ready.register(connection, select.POLLIN)

    def ask(self, image: Pixels, pending: ServedPending, number: int) -> None:
        """Lay a picture into a slot, as soon as one is free; `flush` tells the server.

        Raises:
            EngineError: the server is gone, or has not given a slot back in time.
            ValueError: the picture has no pixels.
        """
        box = Letterbox.fit(image.shape[1], image.shape[0], self.welcome.layout.image_size)
        while not self._free and self.lost is None:
            self.flush()
            self.receive()
        self._raise_if_lost()
        slot = self._free[-1]
        box.draw(image, self._ring.picture(slot, *box.shape))
        self._free.pop()  # not before: a picture that cannot be drawn takes no slot
        self._tickets += 1
        self._asked[slot] = _Asked(self._tickets, pending, number, box)
        self._unsent.append(Ask(self._tickets, slot, *box.shape))

    def flush(self) -> None:
        """Tell the server about the pictures that lie in slots; EngineError if it is gone."""
        if not self._unsent:
            return
        if len(self._asked) == len(self._unsent):  # it had nothing to answer until now
            self._heard = time.monotonic()
        try:
            self._records.send(ASK, self._unsent)
        except OSError as error:
            self._lose(f"The engine server is gone ({error})")
        self._unsent.clear()
        self._raise_if_lost()

    def receive(self) -> None:
        """Wait for answers and take those that have come.

        When the server is gone or silent for too long, everything that was asked is settled with
        that error, so nobody waits on.
        """
        if self.lost is not None:
            return
        patience = self._heard + self._answer_within_s - time.monotonic()
        if not self._ready.poll(max(0.0, patience) * 1000):
            self._lose(
                f"The engine server has not answered for {self._answer_within_s:g} s: it hangs, or "
                "its device does"
            )
            return
        self._read()

    def look(self) -> None:
        """Take what has come without waiting, and notice whether the server is gone."""
        if self.lost is None and self._ready.poll(0):
            self._read()

    def close(self) -> None:
        """Part from the server."""
        self._lose("The engine was closed")

    def _read(self) -> None:
        try:
            answers = self._records.read()
            for record in answers:
                self._settle(Answer(*record))
        except (OSError, ValueError) as error:
            self._lose(f"The engine server ended or was killed ({error})")
        self._heard = time.monotonic()

    def _settle(self, answer: Answer) -> None:
        asked = self._asked.get(answer.slot)
        signed = self._ring.ticket(answer.slot) if asked is not None else 0
        if asked is None or not asked.ticket == answer.ticket == signed:
            raise ValueError(f"it answered {answer}, which was not asked")
        found: Detections | EngineError
        if answer.failed:
            found = EngineError(self._ring.error(answer.slot, answer.length))
        else:
            rows = self._ring.boxes(answer.slot, answer.length)
            found = _detections(rows, asked.box, self.welcome.model.classes)
        del self._asked[answer.slot]
        self._free.append(answer.slot)
        asked.pending.settle(asked.number, found)

    def _lose(self, cause: str) -> None:
        if self.lost is not None:
            return
        self.lost = EngineError(
            f"{cause}. Pictures that it had are lost; it is started again by the process that owns "
            "it: see /readyz, and its log if it repeats."
        )
        self._records.connection.close()
        self._ring.close()
        for asked in self._asked.values():
            asked.pending.settle(asked.number, self.lost)
        self._asked.clear()

    def _raise_if_lost(self) -> None:
        if self.lost is not None:
            raise self.lost


def _detections(rows: Rows, box: Letterbox, classes: tuple[str, ...]) -> Detections:
    """From boxes in pixels of the input to boxes in pixels of the picture, as engines give them."""
    found = box.to_picture(rows[:, :4])
    solid = (found[:, 2] > found[:, 0]) & (found[:, 3] > found[:, 1])  # else in the grey margin
    rows = rows[solid]
    return make_detections(found[solid], rows[:, 4], rows[:, 5].astype("int64"), classes)

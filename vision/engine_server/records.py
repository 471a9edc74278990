"""Records: what client and server tell each other over their socket, once they have met.

Asks go one way and answers the other, 16 bytes each; pictures and boxes are in the ring's slots.
The one exception is the server's first word, `Welcome`, which brings the ring itself.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import TypeAdapter

from models.catalogue import ModelEntry
from vision.engine_server.ring import Layout, Ring

ASK = struct.Struct("=QHHHxx")
ANSWER = struct.Struct("=QHHI")
_MOST_BYTES = 1 << 20


class Ask(NamedTuple):
    """Look at the picture in this slot.

    Attributes:
        ticket: number of the ask on this connection, from 1; the answer bears it.
        slot: where the picture lies.
        height, width: of the picture, pixels.
    """

    ticket: int
    slot: int
    height: int
    width: int


class Answer(NamedTuple):
    """What was seen lies in this slot, which is the client's again.

    Attributes:
        ticket: of the ask.
        slot: of the ask.
        failed: 1 if the slot holds the text of an error instead of boxes.
        length: rows, or bytes of the text.
    """

    ticket: int
    slot: int
    failed: int
    length: int


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a server says to a client that it takes.

    Attributes:
        engine: name of the engine that it owns.
        model: what the engine runs.
        batch, depth: of the engine.
        layout: of the ring whose memory comes with this message.
    """

    engine: str
    model: ModelEntry
    batch: int
    depth: int
    layout: Layout


_WELCOME = TypeAdapter(Welcome)


class Records:
    """One end of a connection: whole records out of a stream of bytes, never waiting.

    Args:
        connection: a connected socket that does not block.
        coming: the form of the records that come.
    """

    def __init__(self, connection: socket.socket, coming: struct.Struct) -> None:
        self.connection = connection
        self._coming = coming
        self._rest = b""

    def read(self) -> list[tuple[int, ...]]:
        """What has come; ConnectionError if the other end is gone and nothing is left of it."""
        try:
            got = self.connection.recv(1 << 16)
        except BlockingIOError:
            return []
        if not got:
            raise ConnectionResetError("the other end has closed the connection")
        got = self._rest + got
        whole = len(got) - len(got) % self._coming.size
        self._rest = got[whole:]
        return list(self._coming.iter_unpack(got[:whole]))

    def send(self, form: struct.Struct, records: Iterable[tuple[int, ...]]) -> None:
        """Send records at once.

        A ring has far fewer slots than a socket's buffer has room, so only an end that breaks the
        rules can fill it.

        Raises:
            ConnectionError: the other end is gone, or has let its answers pile up.
        """
        told = b"".join(form.pack(*record) for record in records)
        try:
            sent = self.connection.send(told)
        except BlockingIOError as error:
            raise ConnectionAbortedError("the other end reads nothing") from error
        if sent != len(told):
            raise ConnectionAbortedError("the other end reads too little")


def send_welcome(connection: socket.socket, welcome: Welcome, ring: Ring) -> None:
    """The first message of a server, with the ring's memory; OSError if the client is gone."""
    told = _WELCOME.dump_json(welcome)
    socket.send_fds(connection, [told], [ring.memory])


def receive_welcome(connection: socket.socket) -> tuple[Welcome, Ring]:
    """The first message of a server, once there is something to read.

    Raises:
        OSError: the server is gone.
        ValueError: this is no server of ours, or not of this version.
    """
    # One send of a few kilobytes comes in one piece; one that did not would be no valid JSON.
    told, memories, _, _ = socket.recv_fds(connection, _MOST_BYTES, 1)
    if not told:
        raise ConnectionResetError("the server has closed the connection")
    if not memories:
        raise ValueError("the engine server's first message brings no memory")
    try:
        welcome = _WELCOME.validate_json(told)
    except ValueError:
        socket.close(memories[0])
        raise
    return welcome, Ring(memories[0], welcome.layout)

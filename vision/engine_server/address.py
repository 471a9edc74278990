"""EngineAddress: where an engine server listens, the same over its restarts."""

from __future__ import annotations

import os
import socket
import struct
import sys
from dataclasses import dataclass
from uuid import uuid4

from vision.errors import EngineError

_CONNECT_WITHIN_S = 1.0
"""Connecting waits only where a hundred others already wait to be let in."""
_CREDENTIALS = struct.Struct("3i")
"""`struct ucred` of unix(7): process, user, group."""


@dataclass(frozen=True, slots=True)
class EngineAddress:
    """A name in Linux' abstract socket namespace, to be handed to any process of this machine.

    No file stands for it: it is gone with the last process that listens.

    Attributes:
        name: random, so that nobody meets a stranger's server.
    """

    name: str

    @classmethod
    def new(cls) -> EngineAddress:
        """An address that nobody else has.

        Raises:
            EngineError: this system has no abstract sockets or anonymous shared memory.
        """
        if sys.platform != "linux":
            raise EngineError(
                "An engine server needs Linux, for its shared memory and its sockets. Let one "
                "process do everything: `workers: 1` in the site file."
            )
        return cls(f"streetwarden-engine-{uuid4().hex}")

    def listen(self) -> socket.socket:
        """A socket that takes connections here; OSError if another does so already."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(f"\0{self.name}")
        listener.listen()
        listener.settimeout(0)
        return listener

    def connect(self) -> socket.socket:
        """A connection, taken or yet to be; OSError if nobody listens."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(_CONNECT_WITHIN_S)
            connection.connect(f"\0{self.name}")
        except OSError:
            connection.close()
            raise
        connection.settimeout(0)
        return connection


def peer(connection: socket.socket) -> tuple[int, bool]:
    """Process id at the other end, and whether it is the same user's: no file guards the name."""
    given = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    process, user, _ = _CREDENTIALS.unpack(given)
    return process, user == os.geteuid()

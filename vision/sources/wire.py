"""Wire: a connection with one deadline for all waits, however slowly its sender drips."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from typing import Any


class Wire:
    """What `http.client.HTTPConnection` needs of a socket.

    Args:
        line: the connection.
        left: seconds that may still be waited; raises TimeoutError where there are none.
    """

    def __init__(self, line: socket.socket, left: Callable[[], float]) -> None:
        self._line, self._left = line, left

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        self._line.settimeout(self._left())
        self._line.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What comes back."""
        return io.BufferedReader(_Reading(self._line, self._left))

    def close(self) -> None:
        """Do nothing: whoever reads what comes back closes that."""


class _Reading(io.RawIOBase):
    def __init__(self, line: socket.socket, left: Callable[[], float]) -> None:
        self._line, self._left = line, left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self._line.settimeout(self._left())
        return self._line.recv_into(buffer)

    def close(self) -> None:
        self._line.close()
        super().close()

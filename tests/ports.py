"""Ports that stay free between asking for one and listening on it."""

from __future__ import annotations

import random
import socket

BELOW_THE_SYSTEM_S = range(15000, 32000)
"""From 32768 on Linux hands ports to every connection that is made: one that was free a moment ago
is taken by another test's client (`net.ipv4.ip_local_port_range`)."""


def free_port() -> int:
    """A port of this machine that nobody listens on and no connection is given unasked."""
    while True:
        port = random.SystemRandom().choice(BELOW_THE_SYSTEM_S)
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port

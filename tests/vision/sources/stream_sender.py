"""Sends a transport stream at its own speed, as a drone's ground station does.

python stream_sender.py FILE SECONDS udp PORT, or tcp: prints the port on which it listens.
"""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path

_PACKETS = 7  # of 188 bytes in a datagram


def main(path: str, seconds: str, carrier: str, port: str) -> None:
    content = Path(path).read_bytes()
    size = 188 * _PACKETS
    if carrier == "tcp":
        listening = socket.create_server(("127.0.0.1", 0))
        print(listening.getsockname()[1], flush=True)
        there, _ = listening.accept()
    else:
        there = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        there.connect(("127.0.0.1", int(port)))
    began, parts = time.monotonic(), range(0, len(content), size)
    for n, at in enumerate(parts):
        time.sleep(max(0.0, began + float(seconds) * n / len(parts) - time.monotonic()))
        try:
            there.sendall(content[at : at + size])
        except ConnectionError:
            if carrier == "tcp":
                return
    there.close()


if __name__ == "__main__":
    main(*sys.argv[1:])

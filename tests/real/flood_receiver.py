"""A receiver in its own process that is slow, flaps, or answers nonsense, over plain sockets.

It keeps what it got in a ledger (SQLite) before it answers, as a case system would, and prints one
JSON line about each request. Arguments: behaviour, port, ledger, seed, seconds that `slow` takes,
secret.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import socket
import sqlite3
import struct
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

Talk = socket.socket
OK = b"HTTP/1.1 200 OK\r\n"
NO = b"HTTP/1.1 500 No\r\n"
BOMB = gzip.compress(bytes(50_000_000))
GZIPPED = b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB
ABSURD = b"Thu, 01 Jan 99999999999999999999 00:00:00 GMT"
CHUNKS = b"Transfer-Encoding: chunked\r\n\r\n"
MOST_SENT = 4_000_000
"""Of what never ends, when nobody hangs up."""


def says(*parts: bytes) -> Callable[[Talk], None]:
    """Sends these bytes."""
    return lambda talk: talk.sendall(b"".join(parts))


def floods(head: bytes, more: bytes) -> Callable[[Talk], None]:
    """Sends `more` until the sender hangs up."""

    def flood(talk: Talk) -> None:
        talk.sendall(head)
        for _ in range(MOST_SENT // len(more)):
            talk.sendall(more)

    return flood


def resets(head: bytes) -> Callable[[Talk], None]:
    """Sends half of it and resets the connection."""

    def reset(talk: Talk) -> None:
        talk.sendall(head)
        talk.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return reset


def hangs(talk: Talk) -> None:
    """Says nothing until the sender hangs up."""
    talk.recv(1)


NONSENSE: dict[str, Callable[[Talk], None]] = {
    "absurd date": says(b"HTTP/1.1 503 No\r\nRetry-After: ", ABSURD, b"\r\n\r\n"),
    "absurd seconds": says(b"HTTP/1.1 429 No\r\nRetry-After: ", b"9" * 4000, b"\r\n\r\n"),
    "a day": says(b"HTTP/1.1 429 No\r\nRetry-After: 86400\r\nContent-Length: 0\r\n\r\n"),
    "header of 1 MB": says(OK, b"X: ", b"x" * 1_000_000, b"\r\n\r\n"),
    "headers of 1 MB": floods(OK, b"X-Header: of many\r\n" * 1000),
    "no gzip": says(NO, b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nxyz"),
    "unknown encoding": says(NO, b"Content-Encoding: \xff, br, x\r\nContent-Length: 1\r\n\r\nx"),
    "endless body": floods(NO + CHUNKS, b"4\r\nxxxx\r\n" * 1000),
    "half a status": says(b"HTTP/1.1 20"),
    "half the headers": says(OK, b"Content-Le"),
    "length too long": says(NO, b"Content-Length: 100\r\n\r\nno"),
    "length below 0": says(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"),
    "two lengths": says(OK, b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
    "1xx flood": floods(b"", b"HTTP/1.1 100 Go\r\n\r\n" * 1000),
    "reset": resets(b"HTTP/1.1 200 O"),
    "reset at once": resets(b""),
    "TLS": says(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03", bytes(range(120))),
    "HTTP/0.9": says(b"<html>accepted</html>\n"),
    "another version": says(b"HTTP/7.3 200 OK\r\n\r\n"),
    "no such status": says(b"HTTP/1.1 99999 OK\r\n\r\n"),
    "NUL in a header": says(OK, b"a\x00b: \xff\r\n\r\n"),
    "redirect": says(b"HTTP/1.1 307 Go\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"),
    "bomb": says(NO, GZIPPED),
    "refused": says(b"HTTP/1.1 422 No\r\nContent-Length: 0\r\n\r\n"),
    "nothing": says(b""),
    "silence": hangs,
}
ACCEPTS: tuple[Callable[[Talk], None], ...] = (
    says(OK, b"Content-Length: 0\r\n\r\n"),
    says(b"HTTP/1.1 204 OK\r\n\r\n"),
    says(b"HTTP/1.1 103 Soon\r\nLink: <x>\r\n\r\n", OK, b"Content-Length: 2\r\n\r\nok"),
    says(OK, b"Content-Length: 2\r\n\r\nok", OK, b"Content-Length: 2\r\n\r\nok"),
    says(OK, b"Content-Length: 100\r\n\r\nhalf"),
    says(OK, GZIPPED),
    floods(OK + CHUNKS, b"4\r\nxxxx\r\n" * 1000),
)
ACCEPT = ACCEPTS[0]
BUSY = says(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")


class Ledger:
    """What came, in the order of the answers; an id that was accepted has an effect once."""

    def __init__(self, file: Path) -> None:
        self.lock = threading.Lock()
        self._database = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS came(n INTEGER PRIMARY KEY, id TEXT, case_id TEXT,"
            " sequence INTEGER, body TEXT, answer TEXT, accepted INTEGER)"
        )
        self._database.execute("CREATE INDEX IF NOT EXISTS ids ON came(id)")

    def times(self, event_id: str) -> int:
        """How often this id has come before."""
        query = "SELECT count(*) FROM came WHERE id = ?"
        found: int = self._database.execute(query, [event_id]).fetchone()[0]
        return found

    def keep(self, event: dict[str, Any], body: bytes, answer: str, *, accepted: bool) -> None:
        """Note a request before it is answered."""
        values = [
            event["id"],
            event["subject"],
            event["data"]["sequence"],
            hashlib.sha256(body).hexdigest(),
            answer,
            accepted,
        ]
        self._database.execute("INSERT INTO came VALUES (NULL, ?, ?, ?, ?, ?, ?)", values)


class Receiver:
    """Takes requests, one for each connection, each in a thread."""

    def __init__(
        self, behaviour: str, ledger: Ledger, seed: int, delay: float, secret: str
    ) -> None:
        self._behaviour = behaviour
        self._verifier = Webhook(secret)
        self._ledger = ledger
        self._random = random.Random(seed)
        self._delay = delay
        self._came = 0

    def talk(self, connection: Talk) -> None:
        """Take one request."""
        connection.settimeout(30)
        try:
            with connection:
                found = _request(connection)
                if found is not None:
                    self._answer(connection, *found)
        except OSError:
            return  # the sender was killed, or has hung up on what never ends

    def _answer(self, connection: Talk, headers: dict[str, str], body: bytes) -> None:
        try:
            event = self._verifier.verify(body, headers)
        except WebhookVerificationError as error:
            print(json.dumps({"forged": str(error)}) + "\n", end="", flush=True)
            return
        if self._behaviour == "slow":
            time.sleep(self._delay)
        with self._ledger.lock:
            name, send, accepted = self._choice(event["id"])
            self._ledger.keep(event, body, name, accepted=accepted)
            print(json.dumps({"id": event["id"], "accepted": accepted}) + "\n", end="", flush=True)
        send(connection)

    def _choice(self, event_id: str) -> tuple[str, Callable[[Talk], None], bool]:
        self._came += 1
        if self._behaviour == "flaps" and self._came // 25 % 2:
            name, send = self._random.choice([("503", BUSY), ("reset", resets(b""))])
            return name, send, False
        if self._behaviour != "nonsense":
            return "200", ACCEPT, True
        # Each id gets none to three of them before it is accepted.
        if self._ledger.times(event_id) < sum(event_id.encode()) % 4:
            name = self._random.choice(list(NONSENSE))
            if name == "silence" and self._random.random() < 0.8:  # it takes long
                name = "nothing"
            return name, NONSENSE[name], False
        return "2xx", self._random.choice(ACCEPTS), True


def _request(connection: Talk) -> tuple[dict[str, str], bytes] | None:
    got = b""
    while b"\r\n\r\n" not in got:
        if not (part := connection.recv(65536)):
            return None
        got += part
    head, _, body = got.partition(b"\r\n\r\n")
    pairs = (line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")[1:])
    headers = {name.lower(): value for name, value in pairs}
    while len(body) < int(headers["content-length"]):
        if not (part := connection.recv(65536)):
            return None  # its sender was killed in the middle
        body += part
    return headers, body


if __name__ == "__main__":
    behaviour, port, file, seed, delay, secret = sys.argv[1:]
    server = socket.create_server(("127.0.0.1", int(port)), backlog=128)
    receiver = Receiver(behaviour, Ledger(Path(file)), int(seed), float(delay), secret)
    print(json.dumps({"port": server.getsockname()[1]}), flush=True)
    while True:
        accepted, _ = server.accept()
        threading.Thread(target=receiver.talk, args=(accepted,), daemon=True).start()

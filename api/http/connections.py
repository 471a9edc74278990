"""Connections: limits on open connections, header size and time-outs."""

from __future__ import annotations

import asyncio
import errno
import logging
import resource
from collections import Counter
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.http.problems import problem
from api.http.request_id import HEADER, new_id
from api.words.said import say
from vision.logs import REQUEST
from vision.printable import printable
from vision.throttle import Throttle

LOG = logging.getLogger("streetwarden.api")
MOST = 512
"""Connections at a time: consoles of a city (6 each), its case system, a proxy's pool."""
HEAD_S = 10.0
"""Seconds for a whole request head, from the connection's start or the head's first byte."""
REQUEST_S = 120.0
"""Seconds from a request's head until its answer has left: a large picture at 400 kbit/s."""
LARGEST_HEAD = 16 * 1024
"""Bytes of a request's line and headers."""
FILES = 4096
"""Open files to ask the system for: connections, and several for each camera and model."""
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class BoundedProtocol(H11Protocol):
    """Uvicorn's protocol with limits on the number of connections and on their times.

    When all are taken, the address that holds the most loses its longest idle connection: any
    number of silent connections of one stranger costs the others nothing.
    """

    most = MOST
    head_s = HEAD_S
    request_s = REQUEST_S
    _deadline: asyncio.TimerHandle | None = None
    _awaits_head = False
    _since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection; where there are too many, an idle one ends."""
        super().connection_made(transport)
        self._await_head()
        if len(self.connections) > self.most:
            self._idlest().transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take some bytes; they move no deadline unless they complete a head."""
        super().data_received(data)
        if not self.busy and not self._awaits_head and not self.transport.is_closing():
            self._await_head()

    def handle_events(self) -> None:
        """Work on what has arrived; a request's own time starts with its head."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self._awaits_head = False
            self._expect(self.request_s)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, as every answer that says no: a problem, under an id."""
        request = REQUEST.set(new_id())
        try:
            LOG.info("%s sent what is no HTTP: %s", self.host, printable(msg))
            answer = problem(400, say("no_http"), {HEADER: str(REQUEST.get())})
        finally:
            REQUEST.reset(request)
        headers = [*answer.raw_headers, (b"connection", b"close")]
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=bytes(answer.body)),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def on_response_complete(self) -> None:
        """Wait for the next request, for as long as uvicorn keeps a connection alive.

        What was answered may still be on its way to a client that reads slowly, or not at all.
        """
        self._since = self.loop.time()
        self._expect(self.request_s)
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self._forget()
        super().connection_lost(exc)

    @property
    def busy(self) -> bool:
        """Whether a request is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    @property
    def host(self) -> str:
        """The address at the other end: a proxy's, where one stands between."""
        return self.client[0] if self.client else ""

    def _idlest(self) -> BoundedProtocol:
        """Of the address that has the most connections, the one idle for the longest."""
        known = [other for other in self.connections if isinstance(other, BoundedProtocol)]
        held = Counter(other.host for other in known)
        # This one is idle, so there is one.
        idle = [c for c in known if not c.busy and not c.transport.is_closing()]
        return max(idle, key=lambda other: (held[other.host], -other._since))

    def _await_head(self) -> None:
        self._awaits_head = True
        self._since = self.loop.time()
        self._expect(self.head_s)

    def _expect(self, seconds: float) -> None:
        self._forget()
        self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def raise_file_limit() -> int:
    """Ask the system for `FILES` open files, as far as it lets this process; returns how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return soft


def tell_of_exhaustion(loop: asyncio.AbstractEventLoop) -> None:
    """Make this loop log once a minute, in one line, that no more connections can be accepted.

    By default it logs a traceback for each failed accept, hundreds of times a second.
    """
    throttle = Throttle()

    def handle(loop: asyncio.AbstractEventLoop, what: dict[str, Any]) -> None:
        error = what.get("exception")
        if not (isinstance(error, OSError) and error.errno in _EXHAUSTED):
            loop.default_exception_handler(what)
        elif throttle.held_back("accept") is not None:
            LOG.error(
                "no connection can be accepted now (%s); it is tried again every second. Raise "
                "the limit of open files (`ulimit -n`; `streetwarden doctor` tells it)",
                error.strerror,
            )

    loop.set_exception_handler(handle)


class OnceAMinute(logging.Filter):
    """Rate limit of a logger: each message once a minute, so that strangers cannot fill a disk.

    Messages are compared before their arguments are put in; the next one to pass says how many
    did not. Records with a traceback always pass: they are faults of ours, not a stranger's doing.
    """

    def __init__(self, throttle: Throttle | None = None) -> None:
        super().__init__()
        self._throttle = throttle if throttle is not None else Throttle()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this record is written."""
        if record.exc_info:
            return True
        held = self._throttle.held_back(record.msg)
        if held:
            record.msg = f"{record.msg} ({held} more since it was last told)"
        return held is not None

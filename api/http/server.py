"""Server: binds the port before anything else starts, and shuts down gracefully."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address

import uvicorn
from fastapi import FastAPI

from api.errors import CaseError
from api.http.connections import LARGEST_HEAD, BoundedProtocol, OnceAMinute, tell_of_exhaustion
from api.http.ending import Ending
from api.http.request_id import RequestIds

_BACKLOG = 128


def listen(host: str, port: int) -> socket.socket:
    """Take the port, so that a busy one is known before a camera or a model is touched.

    Args:
        host: a name or address of this machine.
        port: 0 for any free one; `listener.getsockname()[1]` tells which.

    Raises:
        CaseError: the port is busy or may not be used, or the host is not this machine's.
    """
    if not 0 <= port <= 65535:  # getaddrinfo would take it modulo 65536
        raise CaseError(f"port {port} does not exist; choose one from 1024 to 65535")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, OverflowError) as error:
        raise CaseError(f"{host}:{port}: is no address of this machine ({error})") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise CaseError(
            f"{host}:{port}: cannot be listened on ({error.strerror}); "
            "stop the program that holds it or choose another port with --port"
        ) from error
    return listener


def console_address(listener: socket.socket, key: str) -> str:
    """The console's address with the key behind `#`, which a browser never sends anywhere.

    Where all addresses of this machine are listened on, the one that others in its network reach.
    """
    host, port = listener.getsockname()[:2]
    if ip_address(host).is_unspecified:
        host = _address_in_the_network()
    host = f"[{host}]" if ":" in host else host
    return f"http://{host}:{port}/#key={key}"


def _address_in_the_network() -> str:
    """This machine's address on the way to others; its loopback where there is no such way."""
    # Connecting a datagram socket sends nothing: the system chooses a way and an address for it.
    # 192.0.2.1 and 2001:db8::1 are nobody's (RFC 5737, RFC 3849).
    for family, somebody in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((somebody, 9))
            return str(probe.getsockname()[0])
    return "127.0.0.1"


def serve(app: FastAPI, listener: socket.socket, *, ending: Ending | None = None) -> None:
    """Serve until it is to end, by default at SIGTERM, SIGINT or SIGHUP; finish open requests.

    Stops what runs beside the requests and returns normally, so that the caller can stop the
    pipeline and close the database. Call it from the main thread.
    """
    if ending is None:
        with Ending().on_signals() as own:
            return serve(app, listener, ending=own)
    server = Server(configured(app))

    def end() -> None:
        ending.asked.wait()
        server.should_exit = True

    threading.Thread(target=end, name="ends-server", daemon=True).start()
    server.run(sockets=[listener])
    return None


class Config(uvicorn.Config):
    """How uvicorn serves an app, and what ends its endless answers."""

    end_streams: Callable[[], None]


def configured(app: FastAPI) -> Config:
    """How uvicorn serves the app: bounded in connections, sizes, times and in what it logs."""
    trusted = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")
    config = Config(
        RequestIds(app, trusted),
        proxy_headers=False,  # within `RequestIds`, which has to know who really asks
        http=BoundedProtocol,
        ws="none",
        backlog=_BACKLOG,
        h11_max_incomplete_event_size=LARGEST_HEAD,
        log_config=None,  # its lines look like all others
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        lifespan="on",
    )
    config.end_streams = getattr(app.state, "end_streams", lambda: None)
    logger = logging.getLogger("uvicorn.error")
    if not any(isinstance(known, OnceAMinute) for known in logger.filters):
        logger.addFilter(OnceAMinute())
    return config


class Server(uvicorn.Server):
    """Uvicorn's server, which says in one line a minute that it cannot accept."""

    config: Config

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening."""
        tell_of_exhaustion(asyncio.get_running_loop())
        await super().startup(sockets=sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what was asked; endless answers are ended first, so that nobody waits for them."""
        self.config.end_streams()
        await super().shutdown(sockets=sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `Ending`, which bounds the whole process's end and not only this one."""
        yield

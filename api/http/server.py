"""Serving: the port is taken before anything else starts, and given back in good order."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from api.errors import CaseError


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
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise CaseError(
            f"{host}:{port}: cannot be listened on ({error.strerror}); "
            "stop the program that holds it or choose another port with --port"
        ) from error
    return listener


def console_address(listener: socket.socket, key: str) -> str:
    """The console's address with the key behind `#`, which a browser never sends anywhere."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    host = f"[{host}]" if ":" in host else host
    return f"http://{host}:{port}/#key={key}"


def serve(app: FastAPI, listener: socket.socket, *, ends: threading.Event | None = None) -> None:
    """Serve until SIGINT or SIGTERM, or until `ends` is set; then finish open requests.

    Stops the outbox and returns normally, so that the caller can stop the pipeline and close the
    database. Call it from the main thread.
    """
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        lifespan="on",
    )
    server = uvicorn.Server(config)
    if ends is not None:

        def end() -> None:
            ends.wait()
            server.should_exit = True

        threading.Thread(target=end, name="ends-serving", daemon=True).start()
    with _signals_end_quietly():
        server.run(sockets=[listener])


@contextmanager
def _signals_end_quietly() -> Iterator[None]:
    """Uvicorn raises a caught signal again after its shutdown; by then its work here is done."""
    caught = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: None) for number in caught}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

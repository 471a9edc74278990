"""Connections that say nothing, little or too much, on real sockets: the others are served."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import resource
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

import httpx
import pytest

from api.access.keys import KeyStore
from api.access.roles import Role
from api.http import connections, guards
from api.http.app import create_app
from api.http.connections import BoundedProtocol, OnceAMinute, raise_file_limit, tell_of_exhaustion
from tests.api.world import served
from vision.throttle import Throttle

HEAD = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"


@contextmanager
def server(world) -> Iterator[tuple[str, int]]:
    with served(create_app(world.site, world.database, world.evidence)) as address:
        host, port = address.removeprefix("http://").split(":")
        yield host, int(port)


@contextmanager
def opened(where: tuple[str, int], sent: bytes = b"") -> Iterator[socket.socket]:
    with closing(socket.create_connection(where, timeout=30)) as connection:
        connection.sendall(sent)
        yield connection


def ended(connection: socket.socket) -> bool:
    """Wait until the server ends it; what it says before that does not matter."""
    try:
        while connection.recv(4096):
            pass
    except ConnectionResetError:
        pass
    return True


def healthy(where: tuple[str, int]) -> bool:
    answer = httpx.get(f"http://{where[0]}:{where[1]}/healthz", timeout=30, trust_env=False)
    return answer.status_code == 200


def test_silent_connections_give_way_to_those_that_ask(world, monkeypatch):
    monkeypatch.setattr(BoundedProtocol, "most", 8)
    with server(world) as where:
        silent = [socket.create_connection(where, timeout=30) for _ in range(30)]
        assert healthy(where)
        assert all(ended(connection) for connection in silent[:20])
        for connection in silent:
            connection.close()


@pytest.mark.parametrize(
    "sent", [b"", b"GET /he", HEAD, HEAD + b"\r\nGET /again"], ids=["none", "line", "head", "next"]
)
def test_a_head_that_does_not_end_in_time_ends_the_connection(world, monkeypatch, sent):
    monkeypatch.setattr(BoundedProtocol, "head_s", 0.2)
    with server(world) as where, opened(where, sent) as connection:
        assert ended(connection)
        assert healthy(where)


def test_bytes_that_trickle_in_move_no_deadline(world, monkeypatch):
    """A header a moment keeps a connection no longer than none."""
    monkeypatch.setattr(BoundedProtocol, "head_s", 0.5)
    with server(world) as where, opened(where, HEAD) as connection:
        connection.settimeout(0.05)
        assert trickled(connection, 400) < 400


def trickled(connection: socket.socket, most: int) -> int:
    """How many headers could be sent, one at a time, before the server ended the connection."""
    for sent in range(most):
        try:
            connection.sendall(b"X-A: b\r\n")
            if not connection.recv(100):
                return sent
        except TimeoutError:
            continue
        except ConnectionError:
            return sent
    return most


def test_a_body_that_trickles_in_is_refused(world, client, monkeypatch):
    monkeypatch.setattr(guards, "LONGEST_BODY_S", 0.2)
    head = (
        f"POST /v1/cases/SW-1/review HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
        f"Authorization: Bearer {world.key(Role.ADMIN)}\r\n\r\n{{"
    )
    with server(world) as where, opened(where, head.encode()) as connection:
        answer = connection.recv(4096)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"application/problem+json" in answer
        assert ended(connection)


def test_the_key_is_looked_at_before_the_body(world):
    """Who has none is told so by the head alone; the body is not waited for."""
    head = b"POST /v1/cases/SW-1/review HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n"
    with server(world) as where, opened(where, head) as connection:
        assert connection.recv(4096).startswith(b"HTTP/1.1 401 ")


def test_a_large_head_is_refused_before_its_end(world):
    head = HEAD + b"X-A: " + b"y" * (connections.LARGEST_HEAD + 1)
    with server(world) as where, opened(where, head) as connection:
        assert connection.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_an_answer_that_nobody_reads_ends(world, monkeypatch):
    monkeypatch.setattr(BoundedProtocol, "request_s", 0.3)
    monkeypatch.setattr(KeyStore, "verify", lambda *_: None)
    ask = HEAD + b"\r\n"
    with server(world) as where, opened(where, ask * 3) as connection:
        connection.recv(10)
        assert ended(connection)


def test_what_strangers_cause_is_logged_once_a_minute(caplog):
    now = [0.0]
    logger = logging.getLogger("test.strangers")
    logger.addFilter(OnceAMinute(Throttle(clock=lambda: now[0])))
    for _ in range(500):
        logger.warning("Invalid HTTP request received.")
        now[0] += 0.1
    now[0] += 60
    logger.warning("Invalid HTTP request received.")
    assert [r.getMessage() for r in caplog.records] == [
        "Invalid HTTP request received.",
        "Invalid HTTP request received. (499 more since it was last told)",
    ]
    for _ in range(2):
        logger.error("a fault", exc_info=ValueError("x"))
    assert len(caplog.records) == 4


def test_accepting_goes_on_once_files_are_free_again(world, monkeypatch, caplog):
    """The open-file limit is reached for a while: one line in the log, and then all is well."""
    real, fail = socket.socket.accept, [True]

    def accept(self: socket.socket):
        if fail[0]:
            raise OSError(errno.EMFILE, "Too many open files")
        return real(self)

    monkeypatch.setattr(socket.socket, "accept", accept)
    refused = asyncio.BaseEventLoop.call_exception_handler
    seen = []

    def noted(loop, what):
        seen.append(what["message"])
        if len(seen) == 300:
            fail[0] = False
        return refused(loop, what)

    monkeypatch.setattr(asyncio.BaseEventLoop, "call_exception_handler", noted)
    with server(world) as where:
        assert healthy(where)
    said = [r for r in caplog.records if "no connection can be accepted" in r.getMessage()]
    assert len(said) == 1
    assert len(caplog.text) < 2000


def test_other_faults_of_the_loop_are_still_told(caplog):
    loop = asyncio.new_event_loop()
    try:
        tell_of_exhaustion(loop)
        loop.call_exception_handler({"message": "a task failed", "exception": ValueError("why")})
    finally:
        loop.close()
    assert "a task failed" in caplog.text


def test_the_limit_of_open_files_is_raised(monkeypatch):
    limits = {"now": (256, 2048)}
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits["now"])
    monkeypatch.setattr(resource, "setrlimit", lambda _, new: limits.update(now=new))
    assert raise_file_limit() == 2048
    assert limits["now"] == (2048, 2048)
    limits["now"] = (1024, resource.RLIM_INFINITY)
    assert raise_file_limit() == connections.FILES
    limits["now"] = (100_000, 100_000)
    assert raise_file_limit() == 100_000


def test_an_answer_of_its_own_thread_that_fails_is_raised_to_who_asks(world):
    from api.own_thread import OwnThread

    def fail() -> None:
        raise ValueError(json.dumps("why"))

    with pytest.raises(ValueError, match="why"):
        asyncio.run(OwnThread("x", fail).ask(30))

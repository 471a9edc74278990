"""A server in its own process, and one in a thread whose engine a test can hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Event, Thread
from typing import Any

import pytest

from tests.vision.engine_server.painted import open_painted
from vision.engine_server import EngineAddress, EngineServerProcess, ServedEngine
from vision.engine_server.server import EngineServer
from vision.engine_server.status_page import StatusPage
from vision.model_choice import ModelChoice

LIMIT = 120.0
"""Seconds after which a wait in these tests counts as hung; a process of ours imports for some."""


@pytest.fixture
def run_server() -> Iterator[Callable[..., EngineServerProcess]]:
    """Start a server process; it is stopped when the test ends."""
    with ExitStack() as stack:

        def start(name: str = "streetwarden-n", **options: Any) -> EngineServerProcess:
            options.setdefault("opener", open_painted)
            server = EngineServerProcess(ModelChoice(name=name), **options)
            stack.callback(server.stop)
            server.start()
            return server

        yield start


@pytest.fixture(scope="module")
def server() -> Iterator[EngineServerProcess]:
    """A server process that several tests share, and none kills."""
    server = EngineServerProcess(ModelChoice(), opener=open_painted)
    server.start()
    assert server.wait_until_ready(LIMIT)
    yield server
    server.stop()


@pytest.fixture
def client() -> Iterator[Callable[..., ServedEngine]]:
    """Open a client; it parts when the test ends."""
    with ExitStack() as stack:

        def open_(address: EngineAddress, **options: Any) -> ServedEngine:
            options.setdefault("open_within_s", LIMIT)
            options.setdefault("return_within_s", LIMIT)
            engine = ServedEngine(address, **options)
            stack.callback(engine.close)
            return engine

        yield open_


@contextmanager
def serving(engine: Any, ending: Event | None = None) -> Iterator[EngineAddress]:
    """Serve an engine in a thread of this process until `ending`, or the block ends."""
    address, ending = EngineAddress.new(), ending or Event()
    with address.listen() as listener:
        served = EngineServer(engine, listener, StatusPage(), ending.is_set)
        thread = Thread(target=served.run, daemon=True)
        thread.start()
        try:
            yield address
        finally:
            ending.set()
            thread.join(LIMIT)
            assert not thread.is_alive()

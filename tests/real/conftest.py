"""Real servers for tests: each its own process on loopback."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from scripts.bench.serving import Transport, serve
from scripts.rtsp import RtspServer, RtspServerMissingError
from scripts.server_process import ServerProcess
from tests.real import postgres
from tests.vision.sources.conftest import index_of, make_video

__all__ = ["index_of", "make_video"]


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """The address of a database called `{name}` of one PostgreSQL for all tests."""
    with postgres.cluster() as address:
        yield address


@pytest.fixture
def new_database(cluster: str) -> Callable[[], str]:
    """Make an empty PostgreSQL database: `new_database()` gives its address."""
    return lambda: postgres.new_database(cluster)


@pytest.fixture
def frozen_cluster() -> Iterator[tuple[str, Callable[[], None]]]:
    """A database of a PostgreSQL of the test's own, and what freezes that (SIGSTOP)."""
    with postgres.cluster() as address:
        made = postgres.new_database(address)
        root = Path(address.partition("host=")[2])
        pids: list[int] = []

        def freeze() -> None:
            pids.extend(postgres.processes(root))
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)

        yield made, freeze
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@pytest.fixture
def rtsp_server() -> Iterator[Callable[..., RtspServer]]:
    """Start RTSP servers: `rtsp_server({"gate": clip, "bars": "test:red"}, fps=10)`.

    A mount loops a file's H.264, or shows a test picture (red, green, blue or grey). Keyword
    arguments are the script's: `size="320x180"`, `fps`, `user`, `password`. Skips the test where
    GStreamer's RTSP server is not installed (Debian: gir1.2-gst-rtsp-server-1.0, python3-gi).
    """
    servers: list[RtspServer] = []

    def start(mounts: dict[str, Path | str], **settings: object) -> RtspServer:
        arguments = [f"--mount={name}={what}" for name, what in mounts.items()]
        arguments += [f"--{name}={value}" for name, value in settings.items()]
        try:
            servers.append(RtspServer(*arguments))
        except RtspServerMissingError as error:
            pytest.skip(str(error))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


@pytest.fixture(params=["rtsp", "http"])
def served(request: pytest.FixtureRequest) -> Iterator[Callable[[Path], ServerProcess]]:
    """Serve a clip as a live camera, at the mount `gate`; over each transport in turn."""
    servers: list[ServerProcess] = []

    def start(clip: Path) -> ServerProcess:
        try:
            servers.append(serve(clip, ["gate"], Transport(request.param)))
        except RtspServerMissingError as error:
            pytest.skip(str(error))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()

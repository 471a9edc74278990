"""Real servers for tests: each its own process on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts.rtsp import RtspServer, RtspServerMissingError
from tests.real import postgres


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

"""Real servers for tests: each its own process on loopback."""

from __future__ import annotations

import select
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SYSTEM_PYTHON = Path("/usr/bin/python3")
SCRIPT = Path(__file__).with_name("rtsp_server.py")
_BINDINGS_MISSING = 3


class RtspServer:
    """An RTSP server process that can be killed and started again on the same port.

    Attributes:
        port: TCP port on 127.0.0.1; kept over restarts.
        process: the running process, None while it is down.
    """

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self.port = 0
        self.process: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        """Start it and wait until it listens."""
        command = [str(SYSTEM_PYTHON), str(SCRIPT), "--port", str(self.port), *self._arguments]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], 30)[0], "the RTSP server hangs"
        line = self.process.stdout.readline()
        if not line.startswith("ready "):
            _, error = self.process.communicate(timeout=10)
            if self.process.returncode == _BINDINGS_MISSING:
                pytest.skip(error.strip())
            pytest.fail(f"the RTSP server did not start: {error}")
        self.port = int(line.split()[1])

    def kill(self) -> None:
        """Pull the plug: no goodbye to the clients."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def url(self, mount: str, user: str = "") -> str:
        """The address of a mount; `user` is `name:password` as it is to stand in the address."""
        return f"rtsp://{user}{'@' if user else ''}127.0.0.1:{self.port}/{mount}"


@pytest.fixture
def rtsp_server() -> Iterator[Callable[..., RtspServer]]:
    """Start RTSP servers: `rtsp_server({"gate": clip, "bars": "test:red"}, fps=10)`.

    A mount loops a file's H.264, or shows a test picture (red, green, blue or grey). Keyword
    arguments are the script's: `size="320x180"`, `fps`, `user`, `password`. Skips the test where
    GStreamer's RTSP server is not installed (Debian: gir1.2-gst-rtsp-server-1.0, python3-gi).
    """
    if not SYSTEM_PYTHON.exists():
        pytest.skip(f"{SYSTEM_PYTHON} is missing; it runs GStreamer's RTSP server")
    servers: list[RtspServer] = []

    def start(mounts: dict[str, Path | str], **settings: object) -> RtspServer:
        arguments = [f"--mount={name}={what}" for name, what in mounts.items()]
        arguments += [f"--{name}={value}" for name, value in settings.items()]
        servers.append(RtspServer(*arguments))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()

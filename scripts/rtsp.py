"""An RTSP server on loopback in a process of its own, for measuring and for tests."""

from __future__ import annotations

import select
import subprocess
from pathlib import Path

from vision.errors import StreetwardenError

SYSTEM_PYTHON = Path("/usr/bin/python3")
"""GStreamer's bindings come with the system's Python, not from a package registry."""
SCRIPT = Path(__file__).with_name("rtsp_server.py")
_BINDINGS_MISSING = 3
_STARTS_IN_S = 30


class RtspServerMissingError(StreetwardenError):
    """GStreamer's RTSP server is not installed."""


class RtspServer:
    """An RTSP server process that can be killed and started again on the same port.

    Args:
        arguments: those of `rtsp_server.py`, but for the port.

    Attributes:
        port: TCP port on 127.0.0.1; kept over restarts.
        process: the running process, None while it is down.

    Raises:
        RtspServerMissingError: GStreamer or its Python bindings are not installed.
        StreetwardenError: it does not start.
    """

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self.port = 0
        self.process: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        """Start it and wait until it listens."""
        if not SYSTEM_PYTHON.exists():
            raise RtspServerMissingError(_missing(f"{SYSTEM_PYTHON} does not exist"))
        command = [str(SYSTEM_PYTHON), str(SCRIPT), "--port", str(self.port), *self._arguments]
        self.process = subprocess.Popen(  # noqa: S603 - our own script
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        answered = select.select([self.process.stdout], [], [], _STARTS_IN_S)[0]
        line = self.process.stdout.readline() if answered else ""
        if not line.startswith("ready "):
            if not answered:
                self.process.kill()
            _, error = self.process.communicate()
            if self.process.returncode == _BINDINGS_MISSING:
                raise RtspServerMissingError(_missing(error.strip()))
            raise StreetwardenError(f"The RTSP server did not start: {error.strip() or 'it hangs'}")
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


def _missing(why: str) -> str:
    return (
        f"GStreamer's RTSP server cannot be run ({why}). Install it (Debian: python3-gi, "
        "gir1.2-gst-rtsp-server-1.0, gstreamer1.0-plugins-ugly), or give the address of a stream."
    )

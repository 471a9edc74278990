"""GStreamer's RTSP server, as a process of its own."""

from __future__ import annotations

from pathlib import Path

from scripts.server_process import ServerProcess
from vision.errors import StreetwardenError

SYSTEM_PYTHON = Path("/usr/bin/python3")
"""GStreamer's bindings come with the system's Python, not from a package registry."""
SCRIPT = Path(__file__).with_name("rtsp_server.py")
_BINDINGS_MISSING = 3


class RtspServerMissingError(StreetwardenError):
    """GStreamer's RTSP server is not installed."""


class RtspServer(ServerProcess):
    """An RTSP server process.

    Args:
        arguments: those of `rtsp_server.py`, but for the port.

    Raises:
        RtspServerMissingError: GStreamer or its Python bindings are not installed.
        StreetwardenError: it does not start.
    """

    scheme = "rtsp"

    def __init__(self, *arguments: str) -> None:
        super().__init__([str(SYSTEM_PYTHON), str(SCRIPT), *arguments])

    def start(self) -> None:
        """See `ServerProcess`."""
        if not SYSTEM_PYTHON.exists():
            raise RtspServerMissingError(_missing(f"{SYSTEM_PYTHON} does not exist"))
        super().start()

    def _failure(self, code: int, error: str) -> StreetwardenError:
        if code == _BINDINGS_MISSING:
            return RtspServerMissingError(_missing(error))
        return super()._failure(code, error)


def _missing(why: str) -> str:
    return (
        f"GStreamer's RTSP server cannot be run ({why}). Install it (Debian: python3-gi, "
        "gir1.2-gst-rtsp-server-1.0, gstreamer1.0-plugins-ugly), or measure over HTTP "
        "(--transport http)."
    )

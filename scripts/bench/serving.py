"""Serving: a clip as cameras on loopback, by RTSP where GStreamer is, else by HTTP."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from scripts.rtsp import RtspServer, RtspServerMissingError
from scripts.server_process import ServerProcess

SCRIPT = Path(__file__).with_name("ts_server.py")


class Transport(StrEnum):
    """How a clip reaches the readers."""

    AUTO = "auto"
    """RTSP where GStreamer is installed, else HTTP."""
    RTSP = "rtsp"
    """By GStreamer's server."""
    HTTP = "http"
    """MPEG-TS by a server of our own."""


class TsServer(ServerProcess):
    """A clip as MPEG-TS over HTTP, whatever the path; see `ts_server.py`.

    Raises:
        StreetwardenError: it does not start, or the clip cannot be served.
    """

    scheme = "http"

    def __init__(self, clip: Path) -> None:
        # -P: what lies beside the script must not stand in for modules of that name
        super().__init__([sys.executable, "-P", str(SCRIPT), str(clip)])


def serve(clip: Path, mounts: Iterable[str], transport: Transport) -> ServerProcess:
    """Start a server that shows a clip, its H.264 as it is, at each of these mounts.

    Raises:
        RtspServerMissingError: RTSP was asked for, and GStreamer is not installed.
        StreetwardenError: the server does not start.
    """
    if transport is not Transport.HTTP:
        try:
            return RtspServer(*(f"--mount={mount}={clip}" for mount in mounts))
        except RtspServerMissingError:
            if transport is Transport.RTSP:
                raise
    return TsServer(clip)

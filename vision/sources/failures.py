"""Failures: translates FFmpeg's errors into ours: the thing, the cause, the next step.

FFmpeg's exceptions carry the address as it was opened, password included, so they never travel
on as a cause: `explain` makes a fresh error, to be raised outside of the `except` block.
"""

from __future__ import annotations

import errno
import socket
import ssl
from http.client import HTTPException

import av.error as ff

from vision.errors import SourceBroken, SourceError, SourceRefused, SourceUnavailable
from vision.sources.address import Address, SourceKind, redact

FAILURES = (ff.FFmpegError, OSError, HTTPException, UnicodeDecodeError)
"""What opening and reading raise, of FFmpeg and of the web."""
_DENIED = (ff.HTTPUnauthorizedError, ff.HTTPForbiddenError)
_NETWORK_CAUSES: tuple[tuple[type[Exception], str, str], ...] = (
    (ConnectionRefusedError, "nothing listens there", "check the address, port and power"),
    (ff.HTTPNotFoundError, "it does not know this path", "check the path of the address"),
    (ff.HTTPServerError, "it answers with an error of its own", "look at that server's log"),
    (ff.HTTPClientError, "it rejects the request", "check the address"),
    (ff.HTTPError, "it redirects for ever", "check the address"),
    (ff.ExitError, "it does not answer in time", "check the network and the address"),
    (TimeoutError, "it does not answer in time", "check the network and the address"),
    (EOFError, "it ended the connection", "see whether another viewer can open it"),
    (ConnectionError, "it cut the connection", "see whether another viewer can open it"),
    (HTTPException, "what it answers is no HTTP", "check the address and port"),
    (socket.gaierror, "its name leads nowhere", "check the address, or this machine's DNS"),
    (ssl.SSLError, "no secure connection can be made", "try http:// in place of https://"),
    (ff.InvalidDataError, "what it sends is no video", "check that the address is a video stream"),
)
_FILE_CAUSES: tuple[tuple[type[Exception], str, str], ...] = (
    (ff.FileNotFoundError, "it does not exist", "check the path"),
    (ff.PermissionError, "it may not be read", "give this user the right to read it"),
    (
        ff.InvalidDataError,
        "it is no video, or it is cut off before its index",
        "check that another player opens it, or export it anew",
    ),
)


def explain(error: Exception, address: Address, *, while_reading: bool = False) -> SourceError:
    """The error to raise for what FFmpeg reported when opening or reading `address`."""
    table = _NETWORK_CAUSES if address.network else _FILE_CAUSES
    reason = str(getattr(error, "strerror", None) or type(error).__name__)
    if getattr(error, "errno", None) == errno.EPROTONOSUPPORT and address.kind is SourceKind.RTSP:
        return SourceUnavailable(
            f"{address.shown}: it offers its stream over UDP only (RTSP 461), and over a lossy"
            " network UDP smears pictures; set the camera to RTP over RTSP (TCP, interleaved), or"
            " give the address of an NVR or media server that offers its stream over TCP"
        )
    other = (redact(reason, address).lower(), "see whether another player opens it")
    cause, step = next(
        ((cause, step) for kind, cause, step in table if isinstance(error, kind)), other
    )
    if isinstance(error, _DENIED):
        return SourceRefused(
            f"{address.shown}: it refuses the user name or password; correct them in the source"
        )
    verb = "stopped" if while_reading else "cannot be opened"
    message = f"{address.shown}: {verb}: {cause}; {step}"
    if address.network or address.kind is SourceKind.DEVICE:
        return SourceUnavailable(message)
    return SourceBroken(message)

"""WebFile: a file-like object over HTTP for FFmpeg to read.

FFmpeg must not see an exception of Python's: it would be printed with its traceback as soon as a
second one comes. What goes wrong is kept in `Web.failure`, and FFmpeg sees an end.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from http.client import HTTPException
from typing import Protocol
from urllib.parse import urljoin

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from vision.errors import SourceError
from vision.sources.address import Address
from vision.sources.failures import FAILURES, explain
from vision.sources.web import Answer, Web

PLAYLISTS = frozenset(
    ("application/vnd.apple.mpegurl", "application/x-mpegurl", "audio/mpegurl", "audio/x-mpegurl")
)
"""Content types of HLS playlists."""
_MULTIPART = "multipart/x-mixed-replace"
_LONGEST_PLAYLIST = 4 << 20  # bytes: a day of segments of two seconds
_URI = re.compile(r'(?<=URI=")[^"]+')


class Readable(Protocol):
    """What FFmpeg needs of a file."""

    def read(self, most: int) -> bytes: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class Opener:
    """Opens for FFmpeg what a camera's answer leads to; PyAV's `io_open`.

    Args:
        web: fetches it.
        address: of the camera.
        answer: to the camera's address itself, which is asked for only once.

    Attributes:
        url: where that came from in the end; what a playlist names is named from there.
        format: FFmpeg's name of what it is; None where its bytes tell.
        endless: it does not say how long it is, as a stream.
    """

    def __init__(self, web: Web, address: Address, answer: Answer) -> None:
        self.web = web
        self.url = answer.url
        self.format = "mpjpeg" if answer.content_type == _MULTIPART else None
        self.endless = answer.length is None or self.format is not None
        self._address = address
        self._first: Answer | None = answer
        self._main: WebFile | None = None

    def __call__(self, url: str, _flags: int, options: Mapping[str, str]) -> Readable:
        """A file for what FFmpeg asks for. Nothing is raised; see above."""
        answer, self._first = self._first, None
        file = WebFile(
            self.web,
            self._address,
            url.removeprefix("crypto+"),
            answer=answer,
            start=int(options.get("offset", 0)),
            end=int(options.get("end_offset", 0)) or None,
        )
        if answer is not None:
            self._main = file
        if url.startswith("crypto+"):
            return _Decrypted(file, bytes.fromhex(options["key"]), bytes.fromhex(options["iv"]))
        return file

    def close(self) -> None:
        """End the connection to the camera."""
        for held in (self._first, self._main):
            if held is not None:
                held.close()


class WebFile:
    """Bytes `start` up to `end` (not included) of what lies at a URL; asked for when read."""

    def __init__(
        self,
        web: Web,
        address: Address,
        url: str,
        *,
        answer: Answer | None = None,
        start: int = 0,
        end: int | None = None,
    ) -> None:
        self._web, self._address, self._url = web, address, url
        self._answer: Answer | io.BytesIO | None = answer
        self._at, self._end = start, end
        self._length = answer.length if answer is not None else None
        self._ranges = answer is not None and answer.ranges and self._length is not None

    def read(self, most: int) -> bytes:
        """What has come, at most so many bytes; nothing at the end or where it failed."""
        try:
            if self._answer is None:
                self._answer = self._open()
            data = self._answer.read(most)
        except SourceError as error:
            self._web.note(error)
            return b""
        except FAILURES as error:
            self._web.note(explain(error, self._address, while_reading=True))
            return b""
        self._web.note(None)
        self._at += len(data)
        return data

    def seekable(self) -> bool:
        """Whether parts can be asked for."""
        return self._ranges

    def tell(self) -> int:
        """Where the next byte comes from."""
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go elsewhere; asked for at the next read."""
        to = offset + {0: 0, 1: self._at, 2: self._length or 0}[whence]
        if to != self._at:
            self.close()
            self._at = max(0, to)
        return self._at

    def close(self) -> None:
        """End the connection."""
        if self._answer is not None:
            self._answer.close()
        self._answer = None

    def _open(self) -> Answer | io.BytesIO:
        if self._length is not None and self._at >= self._length:
            return io.BytesIO()
        last = self._end - 1 if self._end is not None else None
        answer = self._web.get(self._url, self._at, last)
        if self._at and not answer.partial:
            answer.close()
            raise HTTPException("it does not give parts")
        if answer.url != self._url and (
            answer.content_type in PLAYLISTS or answer.peek(7) == b"#EXTM3U"
        ):
            text = _whole(answer).decode(errors="surrogateescape")
            return io.BytesIO(_absolute(text, answer.url).encode(errors="surrogateescape"))
        return answer


class _Decrypted:
    """A segment of HLS with `METHOD=AES-128` (RFC 8216, 4.3.2.4): AES-128-CBC, padded by PKCS7."""

    def __init__(self, file: WebFile, key: bytes, iv: bytes) -> None:
        self._file = file
        self._cipher = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
        self._padding = PKCS7(128).unpadder()
        self._ready, self._ended = b"", False

    def read(self, most: int) -> bytes:
        while not self._ready and not self._ended:
            data = self._file.read(most)
            if data:
                self._ready = self._padding.update(self._cipher.update(data))
            else:
                self._ended = True
                try:
                    self._ready = self._padding.finalize()
                except ValueError:  # cut off, or another key: what FFmpeg makes of it tells
                    self._ready = b""
        data, self._ready = self._ready[:most], self._ready[most:]
        return data

    def close(self) -> None:
        self._file.close()


def _whole(answer: Answer) -> bytes:
    body = b""
    while len(body) < _LONGEST_PLAYLIST and (part := answer.read(1 << 16)):
        body += part
    answer.close()
    return body


def _absolute(playlist: str, base: str) -> str:
    """A playlist whose addresses no longer depend on where it was asked for."""
    return "\n".join(
        _URI.sub(lambda match: urljoin(base, match[0]), line)
        if line.startswith("#")
        else line and urljoin(base, line)
        for line in playlist.splitlines()
    )

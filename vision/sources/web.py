"""Web: an HTTP client for cameras with an SSRF guard: fetches only from allowed addresses.

The address in the site file is trusted. URLs that the camera then names (a redirect, a playlist's
segments, a key) may be anything: they are fetched only from the site file's host, from public
addresses, and from networks in the camera's `allow`. A name is resolved once, and the address that
was checked is the one connected to. FFmpeg reads through this client and does not connect itself.
"""

from __future__ import annotations

import base64
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Sequence
from http.client import HTTPConnection, HTTPResponse
from typing import TypeVar
from urllib.parse import urljoin

import av.error as ff
import httpx

from vision.egress_addresses import Network, allowed
from vision.errors import SourceBroken, SourceError, SourceUnavailable
from vision.sources.address import Address
from vision.sources.wire import Wire

_HOPS = 5  # redirects that are followed
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_REFUSALS: dict[int, type[ff.FFmpegError]] = {
    400: ff.HTTPBadRequestError,
    401: ff.HTTPUnauthorizedError,
    403: ff.HTTPForbiddenError,
    404: ff.HTTPNotFoundError,
}
_PORTS = {"http": 80, "https": 443}

_Item = TypeVar("_Item")


class Answer:
    """A body that is read as it comes.

    Attributes:
        url: where it came from in the end.
        content_type: in lower case, without parameters; empty where none is stated.
        length: bytes of the body; None where it does not say, as of a live stream.
        partial: it begins where it was asked to.
        ranges: parts of it can be asked for.
    """

    def __init__(self, url: str, response: HTTPResponse) -> None:
        self.url = url
        self.content_type = response.getheader("Content-Type", "").partition(";")[0].strip().lower()
        self.length = response.length
        self.partial = response.status == 206
        self.ranges = self.partial or response.getheader("Accept-Ranges", "").lower() == "bytes"
        self._response = response

    def peek(self, most: int) -> bytes:
        """The first bytes, left to be read."""
        return self._response.peek(most)[:most]

    def read(self, most: int) -> bytes:
        """What has come, at most so many bytes; nothing at the end.

        Raises:
            OSError, HTTPException: the connection broke, or nothing came in time.
        """
        return self._response.read1(most)

    def close(self) -> None:
        """End the connection."""
        self._response.close()


class Web:
    """Fetches what one camera's address leads to. For one thread.

    Certificates are not verified, as cameras sign their own.

    Args:
        address: as the site's operator wrote it.
        allow: networks that it may lead to although they are private.

    Raises:
        SourceBroken: it is no address.
    """

    def __init__(self, address: Address, allow: Sequence[Network]) -> None:
        self.failure: SourceError | None = None
        """Why the last read failed; final if the site does not allow the address."""
        self._shown = address.shown
        self._allow = tuple(allow)
        url = _parsed(address.url, address.shown)
        self._host, self._user = url.host, (url.username, url.password)
        self._own: set[str] = set()
        self._auth: dict[tuple[str, int], httpx.DigestAuth | None] = {}
        self._cookies = httpx.Cookies()
        self._deadline = 0.0
        self._tls = ssl.create_default_context()
        self._tls.check_hostname = False
        self._tls.verify_mode = ssl.CERT_NONE

    def within(self, seconds: float) -> None:
        """Set a deadline of so many seconds for all waits from now on."""
        self._deadline = time.monotonic() + seconds

    def each_within(self, seconds: float, items: Iterable[_Item]) -> Iterator[_Item]:
        """The items, of which each is to come within so many seconds.

        Raises:
            SourceUnavailable: what the camera leads to is not allowed.
        """
        self.within(seconds)
        for item in items:
            yield item
            self._check()
            self.within(seconds)

    def note(self, failure: SourceError | None) -> None:
        """Keep a failure where nothing may be raised."""
        if not isinstance(self.failure, _NotAllowed):
            self.failure = failure

    def _check(self) -> None:
        if isinstance(self.failure, _NotAllowed):
            raise self.failure

    def get(self, url: str, first: int = 0, last: int | None = None) -> Answer:
        """Ask for what lies at a URL, from its byte `first` up to `last`.

        Raises:
            SourceUnavailable: it leads to where the site does not allow.
            OSError, HTTPException: it cannot be reached, refuses, or does not answer in time.
        """
        self._check()
        for _ in range(_HOPS):
            at = _parsed(url, self._shown, SourceUnavailable)
            response = self._ask(at, first, last)
            if response.status not in _REDIRECTS:
                break
            url = urljoin(url, response.getheader("Location", ""))
            response.close()
        else:
            raise ff.HTTPError(0, "it redirects for ever")
        if response.status >= 400:
            response.close()
            other = ff.HTTPServerError if response.status >= 500 else ff.HTTPOtherClientError
            raise _REFUSALS.get(response.status, other)(0, f"HTTP {response.status}")
        return Answer(url, response)

    def _ask(self, url: httpx.URL, first: int, last: int | None) -> HTTPResponse:
        """One request, and a second with the password where it is asked for."""
        place = (url.host, url.port or _PORTS[url.scheme])
        user = (url.username, url.password) if url.userinfo else self._user
        knows = any(user) and (bool(url.userinfo) or url.host == self._host)
        request = httpx.Request("GET", url.copy_with(username=None, password=None))
        request.headers["User-Agent"] = "Streetwarden"
        if first or last is not None:
            request.headers["Range"] = f"bytes={first}-{'' if last is None else last}"
        self._cookies.set_cookie_header(request)
        if knows and place in self._auth:
            _sign(request, user, self._auth[place], None)
        response = self._send(request, place)
        if response.status == 401 and knows:
            asked = response.headers.get_all("WWW-Authenticate") or []
            response.close()
            digest = any(text.lower().startswith("digest ") for text in asked)
            auth = self._auth[place] = httpx.DigestAuth(*user) if digest else None
            _sign(request, user, auth, asked)
            response = self._send(request, place)
        return response

    def _send(self, request: httpx.Request, place: tuple[str, int]) -> HTTPResponse:
        connection = HTTPConnection(*place)
        line = self._connect(*place, tls=request.url.scheme == "https")
        try:
            connection.sock = Wire(line, self.left)
            target = request.url.raw_path.decode("ascii")
            headers = {name.title(): value for name, value in request.headers.items()}
            connection.request("GET", target, headers={**headers, "Connection": "close"})
            response = connection.getresponse()
        except BaseException:
            line.close()
            raise
        told = httpx.Response(response.status, headers=response.getheaders(), request=request)
        self._cookies.extract_cookies(told)
        return response

    def left(self) -> float:
        """Seconds that may still be waited.

        Raises:
            TimeoutError: none.
        """
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds

    def _connect(self, host: str, port: int, *, tls: bool) -> socket.socket:
        """A connection to one of the host's addresses that may be connected to."""
        found = list(dict.fromkeys(_resolved(host, port)))
        written = host == self._host
        may = [a for a in found if written or self._may(a)]
        if not may:
            raise _NotAllowed(
                f"{self._shown}: leads to {host} ({', '.join(found)}), a private or special"
                " network; add that network to the camera's `allow` list if this is meant"
            )
        if written:
            self._own.update(may)
        failed: OSError = ConnectionRefusedError()
        for tried, address in enumerate(may):
            try:
                line = socket.create_connection(
                    (address, port), timeout=self.left() / (len(may) - tried)
                )
            except OSError as error:
                failed = error
                continue
            return self._tls.wrap_socket(line, server_hostname=host) if tls else line
        raise failed

    def _may(self, address: str) -> bool:
        return address in self._own or allowed(ipaddress.ip_address(address), self._allow)


class _NotAllowed(SourceUnavailable):
    """The camera leads to where the site does not allow."""


def _parsed(url: str, shown: str, kind: type[SourceError] = SourceBroken) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        parsed = httpx.URL()
    if parsed.scheme not in _PORTS or not parsed.host or not 0 <= (parsed.port or 80) < 1 << 16:
        raise kind(f"{shown}: leads to no web address with a host and a port; correct it")
    return parsed


def _resolved(host: str, port: int) -> Iterator[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a label that is empty or too long
        raise socket.gaierror(str(error)) from None
    for *_, place in found:
        yield str(place[0])


def _sign(
    request: httpx.Request,
    user: tuple[str, str],
    digest: httpx.DigestAuth | None,
    asked: Sequence[str] | None,
) -> None:
    """Add the password: by RFC 7616 where digest is asked for, else plainly."""
    if digest is None:
        word = base64.b64encode(":".join(user).encode()).decode()
        request.headers["Authorization"] = f"Basic {word}"
        return
    flow = digest.auth_flow(request)
    try:
        next(flow)
        if asked is not None:
            headers = [("WWW-Authenticate", text) for text in asked]
            flow.send(httpx.Response(401, headers=headers, request=request))
    except (KeyError, ValueError, httpx.HTTPError):  # a way of hashing that nobody knows
        raise ff.HTTPUnauthorizedError(0, "") from None

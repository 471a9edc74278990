"""BoundedTransport: one connection for each request, of which so much is read and no more.

What a receiver answers is its own business, but not what it costs: thousands of interim answers
(1xx) in a row would keep the event loop of every receiver busy until the attempt's time is over.
A connection is never used again: what a receiver sent beyond its answer would be taken for the
answer to the next event.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable

import httpcore
import httpx

MOST_READ = 256 * 1024
"""Bytes of an answer, its headers included."""
_AT_ONCE = 4096
"""Bytes that are looked at before others have their turn: a millisecond or two of 1xx."""
_VERSIONS = frozenset({"HTTP/1.0", "HTTP/1.1"})


class BoundedTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport over connections that give at most `MOST_READ` bytes."""

    def __init__(self, trust: ssl.SSLContext | None = None) -> None:
        super().__init__(trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trust or httpx.create_ssl_context(trust_env=False),
            max_connections=None,
            max_keepalive_connections=0,
            network_backend=_Network(httpcore.AnyIOBackend()),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Make one request.

        Raises:
            httpx.RemoteProtocolError: what answers speaks another HTTP than this: nothing says
                that its 200 means what ours does.
        """
        response = await super().handle_async_request(request)
        version = response.http_version
        if version not in _VERSIONS:
            await response.aclose()
            raise httpx.RemoteProtocolError(f"answers in {version}, not HTTP/1.1", request=request)
        return response


class _Network(httpcore.AsyncNetworkBackend):
    def __init__(self, inner: httpcore.AsyncNetworkBackend) -> None:
        self._inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        stream = await self._inner.connect_tcp(
            host, port, timeout=timeout, local_address=local_address, socket_options=socket_options
        )
        return _Stream(stream)


class _Stream(httpcore.AsyncNetworkStream):
    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self._inner = inner
        self._left = MOST_READ

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        if self._left <= 0:
            raise httpcore.ReadError(f"the answer is longer than {MOST_READ // 1024} KiB")
        data = await self._inner.read(min(max_bytes, self._left, _AT_ONCE), timeout=timeout)
        self._left -= len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        await self._inner.write(buffer, timeout=timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        return _Stream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)

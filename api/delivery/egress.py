"""Egress guard (SSRF): a webhook connects only to addresses that the site allows.

A receiver's name is resolved once for each attempt; the addresses that were checked are the ones
connected to, so a name that answers differently the second time (DNS rebinding) gains nothing.
Host header, SNI and certificate check keep the name.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx

from api.errors import EgressRefused
from vision.egress_addresses import Network, allowed

CONNECTING_S = 10.0
"""All addresses of a receiver together have this long to take a connection, in seconds."""
LONGEST_CONNECT_S = 5.0
"""And one of them alone no longer than this."""
MOST_ADDRESSES = 6
"""A name with more addresses than this is tried at the first ones: each needs its time."""


async def pinned_addresses(
    host: str, port: int, allow: Sequence[Network], resolver: ThreadPoolExecutor | None = None
) -> list[str]:
    """Resolve `host` and give the addresses that may be connected to, in the resolver's order.

    Args:
        host: a name or address.
        port: goes into the question only.
        allow: see `vision.egress_addresses.allowed`.
        resolver: threads in which to wait for the answer.

    Raises:
        EgressRefused: every address of the host is refused.
        OSError: the name does not resolve.
    """
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(
        resolver, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    )
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    pinned = [text for text in addresses if allowed(ipaddress.ip_address(text), allow)]
    if pinned:
        return pinned[:MOST_ADDRESSES]
    raise EgressRefused(
        f"{host} leads to {', '.join(sorted(addresses))}, a private or special network; "
        "add that network to the webhook's `allow` list if this is meant"
    )


class PinnedTransport(httpx.AsyncBaseTransport):
    """An httpx transport that connects to checked addresses and nowhere else.

    A receiver with several addresses is tried on each until one accepts the connection; a failure
    after that fails the attempt.
    """

    def __init__(
        self, allow: Sequence[Network], inner: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._allow = allow
        self._inner = inner or httpx.AsyncHTTPTransport(trust_env=False)
        # A name server that does not answer blocks a thread indefinitely. Each receiver has its own
        # resolver thread, so that other receivers and the database are not affected.
        self._resolver = ThreadPoolExecutor(1, thread_name_prefix="resolver")

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Check, pin and pass on one request."""
        name = request.url.raw_host.decode("ascii")
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        addresses = await pinned_addresses(name.strip("[]"), port, self._allow, self._resolver)
        connect = min(LONGEST_CONNECT_S, CONNECTING_S / len(addresses))
        timeout = {**request.extensions.get("timeout", {}), "connect": connect}
        failures = []
        for address in addresses:
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "timeout": timeout, "sni_hostname": name},
            )
            try:
                return await self._inner.handle_async_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:  # nothing was sent yet
                failures.append(error)
        raise failures[-1]

    async def aclose(self) -> None:
        """Close the connections."""
        self._resolver.shutdown(wait=False, cancel_futures=True)
        await self._inner.aclose()

"""Egress guard (SSRF): a webhook connects only to addresses that the site allows.

A receiver's name is resolved once for each attempt (once for those that begin while the answer is
awaited); the addresses that were checked are the ones connected to, so a name that answers
differently the second time (DNS rebinding) gains nothing. Host header, SNI and certificate check
keep the name.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence

import httpx

from api.delivery.bounded import BoundedTransport
from api.errors import EgressRefused
from api.own_thread import OwnThread
from vision.egress_addresses import Network, allowed

CONNECTING_S = 10.0
"""All addresses of a receiver together have this long to take a connection, in seconds."""
LONGEST_CONNECT_S = 5.0
"""And one of them alone no longer than this."""
RESOLVING_S = 10.0
"""The name server has this long, in seconds."""
MOST_ADDRESSES = 6
"""A name with more addresses than this is tried at the first ones: each needs its time."""


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host; blocks for as long as the name server likes.

    Args:
        host: a name or address.
        port: goes into the question only.

    Raises:
        OSError: the name does not resolve.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def pinned(host: str, addresses: Sequence[str], allow: Sequence[Network]) -> list[str]:
    """Those of the host's addresses that may be connected to, in the resolver's order.

    Args:
        host: for the error.
        addresses: what it resolved to.
        allow: see `vision.egress_addresses.allowed`.

    Raises:
        EgressRefused: every address of the host is refused.
    """
    found = [text for text in addresses if allowed(ipaddress.ip_address(text), allow)]
    if found:
        return found[:MOST_ADDRESSES]
    raise EgressRefused(
        f"{host} leads to {', '.join(sorted(addresses))}, a private or special network; "
        "add that network to the webhook's `allow` list if this is meant"
    )


Pin = Callable[[str, Sequence[str], Sequence[Network]], list[str]]
"""Which of a host's addresses may be connected to, as `pinned` decides for webhooks."""


class PinnedTransport(httpx.AsyncBaseTransport):
    """An httpx transport that connects to checked addresses and nowhere else.

    A receiver with several addresses is tried on each until one accepts the connection; a failure
    after that fails the attempt.
    """

    def __init__(
        self,
        allow: Sequence[Network],
        inner: httpx.AsyncBaseTransport | None = None,
        pin: Pin = pinned,
    ) -> None:
        self._allow = allow
        self._pin = pin
        self._inner = inner or BoundedTransport()
        # A name server that does not answer blocks a thread indefinitely. Each host has one thread
        # of its own at most, which nothing else needs, and the end of the program awaits none.
        self._resolving: dict[tuple[str, int], OwnThread[list[str]]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Check, pin and pass on one request."""
        name = request.url.raw_host.decode("ascii")
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        host = name.strip("[]")
        addresses = self._pin(host, await self._resolved(host, port), self._allow)
        connect = min(LONGEST_CONNECT_S, CONNECTING_S / len(addresses))
        timeout = {**request.extensions.get("timeout", {}), "connect": connect}
        failures = []
        for address in addresses:
            moved = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "timeout": timeout, "sni_hostname": name},
            )
            try:
                return await self._inner.handle_async_request(moved)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:  # nothing was sent yet
                failures.append(error)
        raise failures[-1]

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    async def _resolved(self, host: str, port: int) -> list[str]:
        key = host, port
        if key not in self._resolving:
            self._resolving[key] = OwnThread("resolver", lambda: resolve(host, port))
        addresses = await self._resolving[key].ask(RESOLVING_S)
        if addresses is None:
            raise httpx.ConnectTimeout(f"the name server did not answer about {host}")
        return addresses

"""Egress guard: a webhook reaches only addresses that the site allows.

A receiver's name is resolved once; the address that was checked is the address connected to, so a
name that answers differently the second time (DNS rebinding) gains nothing. Host header, SNI and
certificate check keep the name.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence

import httpx

from api.errors import EgressRefused
from vision.egress_addresses import Network, allowed


async def pinned_address(host: str, port: int, allow: Sequence[Network]) -> str:
    """Resolve `host` and give the first address that may be connected to.

    Raises:
        EgressRefused: every address of the host is refused.
        OSError: the name does not resolve.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    for text in addresses:
        if allowed(ipaddress.ip_address(text), allow):
            return text
    raise EgressRefused(
        f"{host} leads to {', '.join(sorted(set(addresses)))}, a private or special network; "
        "add that network to the webhook's `allow` list if this is meant"
    )


class PinnedTransport(httpx.AsyncBaseTransport):
    """An httpx transport that connects to the checked address and nowhere else."""

    def __init__(
        self, allow: Sequence[Network], inner: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._allow = allow
        self._inner = inner or httpx.AsyncHTTPTransport(trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Check, pin and pass on one request."""
        name = request.url.raw_host.decode("ascii")
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        address = await pinned_address(name.strip("[]"), port, self._allow)
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": name},
        )
        return await self._inner.handle_async_request(pinned)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

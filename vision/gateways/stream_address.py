"""Stream address: whether a stream may be read where a platform says that it lies.

The platform's own host, public addresses, and networks in the gateway's `allow`, it may lie in; but
for an ONVIF device, which streams itself and is read with its password, public addresses. A
name is resolved once and replaced by the address that was checked, so that what reads the stream
connects to that one.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from vision.egress_addresses import allowed
from vision.gateways.failures import NoStream, quoted
from vision.site.gateway import Gateway

_SCHEMES = frozenset(("rtsp", "rtsps", "rtmp", "rtmps", "http", "https"))

Resolve = Callable[..., Sequence[Sequence[Any]]]


def checked(url: object, gateway: Gateway, resolve: Resolve = socket.getaddrinfo) -> str:
    """The address of a stream, to be connected to as it is.

    Args:
        url: what a platform said.
        gateway: the platform.
        resolve: as `socket.getaddrinfo`.

    Raises:
        NoStream: it is no address of a stream, or one that the site does not allow.
    """
    try:
        at = httpx.URL(url) if isinstance(url, str) else httpx.URL()
    except (httpx.InvalidURL, ValueError):
        at = httpx.URL()
    if at.scheme not in _SCHEMES or not at.host or at.port == 0:
        raise NoStream(f"{gateway.name}: no stream: {quoted(url)!r} is no address of one")
    own = httpx.URL(gateway.url).host
    if at.host == own:
        return str(url)
    found = _addresses(at.host, resolve)
    if not found:
        raise NoStream(
            f"{gateway.name}: no stream: it is said to lie at {quoted(at.host)}, a name that leads"
            " nowhere from here; set the stream address in the platform's settings"
        )
    homes = _addresses(own, resolve)
    for one in found:
        address = ipaddress.ip_address(one)
        if (
            one in homes
            or any(address in network for network in gateway.allow)
            or (gateway.kind != "onvif" and allowed(address, ()))
        ):
            return str(at.copy_with(host=one))
    if gateway.kind == "onvif":
        raise NoStream(
            f"{gateway.name}: no stream: it is said to lie at {quoted(at.host)}"
            f" ({', '.join(found)}), which is not the device; where that is right, add that network"
            " to the gateway's `allow`"
        )
    raise NoStream(
        f"{gateway.name}: no stream: it lies at {quoted(at.host)} ({', '.join(found)}), a private"
        " or special network; add that network to the gateway's `allow`, or set the stream address"
        " in the platform's settings"
    )


def _addresses(host: str, resolve: Resolve) -> list[str]:
    try:
        found = resolve(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    # Those with a zone id are of one link, and cannot be written into an address.
    addresses = (str(place[0]) for *_, place in found)
    return list(dict.fromkeys(one for one in addresses if "%" not in one))

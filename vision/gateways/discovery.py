"""Discovery: ONVIF devices that answer on this machine's own networks (WS-Discovery 1.0).

By WSDiscovery (LGPL-3.0-or-later), of the optional extra `onvif`. The type and the scopes are those
of ONVIF's Core specification, section "Device discovery". What answers may be anything on the
network: it is shown, and nothing is asked of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

import httpx

from vision.errors import StreetwardenError
from vision.gateways.failures import quoted

_TYPE = ("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter")
_SCOPE = "onvif://www.onvif.org/"
_MOST = 4096
"""Devices that are told of: answers may be forged."""


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """A device that answered.

    Attributes:
        url: of its device service.
        name, hardware: as its scopes say; empty where they do not.
    """

    url: str
    name: str = ""
    hardware: str = ""


def discover(seconds: float) -> list[Found]:
    """The devices that answer within so many seconds, in order of their addresses.

    Raises:
        StreetwardenError: the machine's networks cannot be asked.
    """
    from wsdiscovery import QName  # noqa: PLC0415 - an optional extra
    from wsdiscovery.discovery import ThreadedWSDiscovery  # noqa: PLC0415

    asking = ThreadedWSDiscovery()
    try:
        asking.start()
    except OSError as error:
        raise StreetwardenError(
            f"no ONVIF device can be looked for ({error.strerror}); run this where UDP port 3702"
            " may be used, or write the device's address"
        ) from None
    try:
        answered = asking.searchServices(types=[QName(*_TYPE)], timeout=seconds)
    finally:
        asking.stop()
    found = set[Found]()
    for one in answered[:_MOST]:
        scopes = [str(scope.getValue()) for scope in one.getScopes() or ()]
        for url in one.getXAddrs() or ():
            if _is_address(str(url)):
                told = Found(quoted(url), _scope(scopes, "name/"), _scope(scopes, "hardware/"))
                found.add(told)
    return sorted(found)


def _scope(scopes: list[str], name: str) -> str:
    prefix = _SCOPE + name
    value = next((one[len(prefix) :] for one in scopes if one.startswith(prefix)), None)
    return quoted(unquote(value)) if value else ""


def _is_address(url: str) -> bool:
    try:
        at = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return False
    return at.scheme in {"http", "https"} and bool(at.host) and not at.userinfo

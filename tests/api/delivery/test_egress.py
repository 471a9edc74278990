"""Egress: private networks are refused unless allowed; what was checked is what is connected to."""

from __future__ import annotations

import asyncio
import socket

import httpx
import pytest

from api.delivery.egress import PinnedTransport, pinned_address
from api.errors import EgressRefused


def resolver(monkeypatch, *answers: list[str]) -> list[str]:
    """Names resolve to these addresses, one answer per look-up; gives the names asked for."""
    asked: list[str] = []
    waiting = list(answers)

    async def getaddrinfo(_loop, host, port, **_):
        asked.append(host)
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in waiting.pop(0)
        ]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return asked


def test_the_checked_address_is_the_one_connected_to(monkeypatch):
    asked = resolver(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    seen: list[httpx.Request] = []

    async def go() -> httpx.Response:
        inner = httpx.MockTransport(lambda r: (seen.append(r), httpx.Response(204))[1])
        async with httpx.AsyncClient(transport=PinnedTransport((), inner)) as client:
            return await client.post("https://cases.example.org:8443/in?x=1", content=b"{}")

    assert asyncio.run(go()).status_code == 204
    assert asked == ["cases.example.org"], "a second look-up could answer otherwise"
    assert seen[0].url == "https://93.184.216.34:8443/in?x=1"
    assert seen[0].headers["host"] == "cases.example.org:8443"
    assert seen[0].extensions["sni_hostname"] == "cases.example.org"


def test_a_name_that_leads_inside_is_refused_in_words(monkeypatch):
    resolver(monkeypatch, ["192.168.0.7", "127.0.0.1"])
    with pytest.raises(EgressRefused, match=r"127\.0\.0\.1, 192\.168\.0\.7.*allow"):
        asyncio.run(pinned_address("rebind.example", 443, ()))


def test_of_several_addresses_the_allowed_one_is_taken(monkeypatch):
    resolver(monkeypatch, ["127.0.0.1", "8.8.8.8"])
    assert asyncio.run(pinned_address("mixed.example", 443, ())) == "8.8.8.8"


@pytest.mark.parametrize("host", ["2130706433", "127.1", "localhost", "0x7f000001"])
def test_odd_spellings_of_loopback_are_refused(host):
    with pytest.raises((EgressRefused, OSError)):
        asyncio.run(pinned_address(host, 80, ()))

"""Egress: private networks are refused unless allowed; what was checked is what is connected to."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from api.delivery.egress import CONNECTING_S, MOST_ADDRESSES, PinnedTransport, pinned, resolve
from api.errors import EgressRefused


def resolver(monkeypatch, *answers: list[str]) -> list[str]:
    """Names resolve to these addresses, one answer per look-up; gives the names asked for."""
    asked: list[str] = []
    waiting = list(answers)

    def getaddrinfo(host, port, **_):
        asked.append(host)
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, 1, 6, "", (address, port))
            for address in waiting.pop(0)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
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
        pinned("rebind.example", resolve("rebind.example", 443), ())


def test_of_several_addresses_the_allowed_ones_are_taken_once_each_and_not_too_many(monkeypatch):
    many = [f"8.8.8.{n}" for n in range(1, MOST_ADDRESSES + 3)]
    resolver(monkeypatch, ["127.0.0.1", many[0], "fec0::1", *many])
    found = pinned("mixed.example", resolve("mixed.example", 443), ())
    assert found == many[:MOST_ADDRESSES]


@pytest.mark.parametrize("host", ["2130706433", "127.1", "localhost", "0x7f000001"])
def test_odd_spellings_of_loopback_are_refused(host):
    with pytest.raises((EgressRefused, OSError)):
        pinned(host, resolve(host, 80), ())


class Accepts(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def port() -> Iterator[int]:
    """Of a receiver on 127.0.0.1 alone: nobody listens at 127.0.0.2 and ::1."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Accepts)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


def post(port: int) -> int:
    async def go() -> int:
        async with httpx.AsyncClient(transport=PinnedTransport(LOOPBACK)) as client:
            return (await client.post(f"http://two.example:{port}/", content=b"{}")).status_code

    return asyncio.run(go())


@pytest.mark.parametrize("addresses", [["::1", "127.0.0.1"], ["127.0.0.1", "127.0.0.2"]])
def test_a_receiver_with_two_addresses_is_reached_at_the_one_that_lives(
    monkeypatch, port, addresses
):
    resolver(monkeypatch, addresses)
    assert post(port) == 204


def test_a_refused_address_among_them_is_not_connected_to(monkeypatch, port):
    resolver(monkeypatch, ["10.0.0.1", "127.0.0.2"])
    with pytest.raises(httpx.ConnectError):
        post(port)  # 10.0.0.1 would time out, not refuse


def test_addresses_share_the_time_to_connect(monkeypatch):
    resolver(monkeypatch, [f"8.8.8.{n}" for n in range(4)])
    given: list[float] = []

    def dead(request: httpx.Request) -> httpx.Response:
        given.append(request.extensions["timeout"]["connect"])
        raise httpx.ConnectTimeout("", request=request)

    async def go() -> None:
        inner = PinnedTransport((), httpx.MockTransport(dead))
        async with httpx.AsyncClient(transport=inner) as client:
            await client.post("https://four.example/")

    with pytest.raises(httpx.ConnectTimeout):
        asyncio.run(go())
    assert given == [CONNECTING_S / 4] * 4


def test_what_breaks_after_it_was_sent_is_not_sent_again_elsewhere(monkeypatch):
    resolver(monkeypatch, ["8.8.8.8", "8.8.4.4"])
    tried: list[str] = []

    def breaks(request: httpx.Request) -> httpx.Response:
        tried.append(request.url.host)
        raise httpx.ReadError("reset", request=request)

    async def go() -> None:
        inner = PinnedTransport((), httpx.MockTransport(breaks))
        async with httpx.AsyncClient(transport=inner) as client:
            await client.post("https://two.example/")

    with pytest.raises(httpx.ReadError):
        asyncio.run(go())
    assert tried == ["8.8.8.8"]

"""One attempt against a real receiver: what its answers mean, over plain HTTP and over TLS."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from api.delivery.egress import PinnedTransport
from api.delivery.outcome import Outcome, Result
from api.delivery.sender import Sender
from tests.api.world import SECRET
from tests.real.processes import Receiver, running
from vision.site import Webhook

LOOPBACK = ("127.0.0.0/8",)


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with running(Receiver()) as made:
        yield made


def send(port: int, total: float = 20, allow: tuple[str, ...] = LOOPBACK) -> Outcome:
    hook = Webhook.model_validate(
        {
            "name": "main",
            "url": f"http://localhost:{port}/in",
            "secret": SECRET,
            "allow": allow,
        }
    )

    async def go() -> Outcome:
        async with Sender(hook, timedelta(seconds=total)) as sender:
            return await sender.send("evt_1", '{"名":"值"}')

    return asyncio.run(go())


@pytest.mark.parametrize("status", [200, 202, 204])
def test_any_2xx_accepts(receiver, status):
    receiver.answer(str(status))
    assert send(receiver.port) == Outcome(Result.DELIVERED, status=status)


def test_the_name_stays_in_the_host_header(receiver):
    receiver.answer("200")
    send(receiver.port)
    receiver.until_seen(len(receiver.seen) + 1)
    assert receiver.seen[-1]["host"] == f"localhost:{receiver.port}"


def test_a_redirect_is_not_followed(receiver):
    receiver.answer('302 {"location": "/elsewhere"}')
    outcome = send(receiver.port)
    assert outcome.result is Result.FAILED
    assert "redirects are not followed" in outcome.error
    receiver.answer("200")
    assert "/elsewhere" not in {entry["path"] for entry in receiver.seen}


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120), ("Fri, 01 Jan 2100 00:00:00 GMT", None), ("soon", None), ("-5", None)],
)
def test_retry_after_is_understood(receiver, value, seconds):
    receiver.answer(f'429 {{"retry-after": "{value}"}}')
    outcome = send(receiver.port)
    assert outcome.status == 429
    if value.startswith("Fri"):
        assert outcome.retry_after > timedelta(days=999)
    else:
        assert outcome.retry_after == (timedelta(seconds=seconds) if seconds else None)


def test_410_is_told_apart(receiver):
    receiver.answer("410")
    assert send(receiver.port).result is Result.GONE


def test_a_silent_receiver_is_left_after_the_total_time(receiver):
    receiver.answer("hang")
    assert send(receiver.port, total=0.5) == Outcome(Result.FAILED, error="no answer in time")


def test_loopback_is_refused_unless_allowed(receiver):
    outcome = send(receiver.port, allow=())
    assert outcome.result is Result.FAILED
    assert "private or special network" in outcome.error


def test_nobody_listening_is_a_failure_in_words():
    assert send(1).result is Result.FAILED


class _Accepts(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


def _certificate(folder: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.parametrize(("name", "accepted"), [("localhost", True), ("other.example", False)])
def test_tls_checks_the_name_although_the_address_is_connected_to(tmp_path, name, accepted):
    pem = _certificate(tmp_path, name)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pem)
    asked: list[str | None] = []
    serving.sni_callback = lambda _socket, sni, _context: asked.append(sni)
    server = HTTPServer(("127.0.0.1", 0), _Accepts)
    server.socket = serving.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # the refused handshake of the second case
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    async def go() -> int:
        trusting = ssl.create_default_context(cafile=pem)
        inner = httpx.AsyncHTTPTransport(verify=trusting, trust_env=False)
        allow = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1"))
        async with httpx.AsyncClient(transport=PinnedTransport(allow, inner)) as client:
            address = f"https://localhost:{server.server_address[1]}/"
            return (await client.post(address, content=b"{}")).status_code

    try:
        if accepted:
            assert asyncio.run(go()) == 204
            assert asked == ["localhost"]
        else:
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                asyncio.run(go())
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

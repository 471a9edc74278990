"""Two secrets at once: requests verify with either; a mistake in one is told without it."""

from __future__ import annotations

import asyncio
import base64
import http.server
import threading
from collections.abc import Iterator

import pytest
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from api.delivery.outcome import Result
from api.delivery.secrets import verifiers
from api.delivery.sender import Sender
from tests.vision.site.test_odd_site_files import refusal
from vision.errors import SiteError
from vision.site import Webhook
from vision.site.file import load_site

NEW, OLD, OTHER = (
    f"whsec_{base64.b64encode(name * 8).decode()}" for name in (b"new!", b"old!", b"else")
)


@pytest.fixture
def arrived() -> Iterator[tuple[int, list[tuple[dict[str, str], bytes]]]]:
    """The port of a receiver that accepts everything, and what came."""
    came: list[tuple[dict[str, str], bytes]] = []

    class Accepts(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            came.append((dict(self.headers), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Accepts)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port, came
    server.shutdown()
    thread.join()
    server.server_close()


def hook(secret: object, port: int = 1) -> Webhook:
    url = f"http://127.0.0.1:{port}/in"
    return Webhook.model_validate(
        {"name": "main", "url": url, "secret": secret, "allow": ["127.0.0.0/8"]}
    )


@pytest.mark.parametrize(("given", "valid"), [(NEW, [NEW]), ([NEW, OLD], [NEW, OLD])])
def test_what_is_sent_verifies_with_every_valid_secret_and_with_no_other(arrived, given, valid):
    port, came = arrived

    async def go():
        async with Sender(hook(given, port)) as sender:
            return await sender.send("evt_1", '{"a": "占道"}')

    assert asyncio.run(go()).result is Result.DELIVERED
    [(headers, body)] = came
    for secret in valid:
        assert Verifier(secret).verify(body, headers) == {"a": "占道"}
    for secret in {NEW, OLD, OTHER} - set(valid):
        with pytest.raises(WebhookVerificationError):
            Verifier(secret).verify(body, headers)


def test_the_newest_secret_is_the_first(arrived):
    port, came = arrived

    async def go():
        async with Sender(hook([NEW, OLD], port)) as sender:
            await sender.send("evt_1", "{}")

    asyncio.run(go())
    headers = came[0][0]
    first = headers["webhook-signature"].split(" ")[0]
    assert Verifier(NEW).verify(b"{}", headers | {"webhook-signature": first}) == {}


def test_which_secret_cannot_be_used_is_told_without_it():
    with pytest.raises(SiteError, match="webhook main: its secret number 2 is not Base64") as told:
        verifiers(hook([NEW, "whsec_nicht\u00e9"]))
    assert "nicht" not in str(told.value)


def test_secrets_come_from_the_environment_or_from_files_as_a_list_too(tmp_path, monkeypatch):
    monkeypatch.setenv("NEW_SECRET", NEW)
    (tmp_path / "old.txt").write_text(OLD)
    path = tmp_path / "site.yaml"
    path.write_text(
        "site: {name: t}\nwebhooks:\n  - name: w\n    url: https://x.example\n"
        "    secret: ['${NEW_SECRET}', '${file:old.txt}']\n"
    )
    [found] = load_site(path).webhooks
    assert [s.get_secret_value() for s in found.secret] == [NEW, OLD]
    assert NEW not in repr(found)


@pytest.mark.parametrize(
    ("secret", "told"),
    [
        ("[91827, abc]", "webhooks.0.secret.0: is a text"),
        ("[]", "webhooks.0.secret: is one secret, or a list of up to"),
        ("[a, b, c, d, e]", "webhooks.0.secret: is one secret, or a list of up to"),
        ("{new: a91827}", "webhooks.0.secret: is a text: put it in quotes; or a list"),
    ],
)
def test_a_mistake_in_a_list_of_secrets_has_its_place_and_never_the_secret(tmp_path, secret, told):
    path = tmp_path / "site.yaml"
    path.write_text(
        f"site: {{name: t}}\nwebhooks: [{{name: w, url: 'https://x.example', secret: {secret}}}]\n"
    )
    said = refusal(path)
    assert told in said
    assert "91827" not in said

"""A stand-in OpenID Connect provider on loopback: discovery, keys, authorization, tokens.

It refuses what a provider has to (client, redirect address, PKCE, a code used twice) and signs
RS256; `change` makes its tokens wrong in one way.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "streetwarden", "the client's secret"


def _none(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """An unsigned token."""

    def part(what: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(what).encode()).decode().rstrip("=")

    return f"{part(header | {'alg': 'none'})}.{part(claims)}."


@dataclass
class Provider:
    """What it knows, and how its next token is wrong."""

    address: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    change: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
    unsigned: bool = False
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    signs_with: RSAKey | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.address,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.claims,
        }
        header = {"alg": "RS256", "kid": (self.signs_with or self.key).kid}
        claims = self.change(claims)
        if self.unsigned:
            return _none(header, claims)
        return jwt.encode(header, claims, self.signs_with or self.key, encoder_cls=_Escaped)


class _Escaped(json.JSONEncoder):
    """Everything as ASCII, half characters too, as many providers write it."""

    def encode(self, o: Any) -> str:
        return json.dumps(o)


@contextmanager
def identity_provider() -> Iterator[Provider]:
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            given = {name: values[0] for name, values in parse_qs(url.query).items()}
            if url.path == "/.well-known/openid-configuration":
                self._say(
                    200,
                    {
                        "issuer": provider.address,
                        "authorization_endpoint": f"{provider.address}/authorize?tenant=east",
                        "token_endpoint": f"{provider.address}/token",
                        "jwks_uri": f"{provider.address}/keys",
                    },
                )
            elif url.path == "/keys":
                self._say(200, {"keys": [provider.key.as_dict(private=False)]})
            elif url.path == "/authorize":
                self._authorize(given)

        def _authorize(self, given: dict[str, str]) -> None:
            assert given["tenant"] == "east", "what the provider's own address says is kept"
            assert (given["client_id"], given["response_type"]) == (CLIENT, "code")
            assert given["code_challenge_method"] == "S256"
            assert "openid" in given["scope"].split()
            code = secrets.token_hex(8)
            provider.codes[code] = given
            back = urlencode({"code": code, "state": given["state"]})
            self.send_response(303)
            self.send_header("Location", f"{given['redirect_uri']}?{back}")
            self.end_headers()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            given = {name: values[0] for name, values in parse_qs(body).items()}
            signed = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
            asked = provider.codes.pop(given["code"], None)
            digest = hashlib.sha256(given["code_verifier"].encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            if (
                asked is None
                or self.headers["Authorization"] != f"Basic {signed}"
                or asked["redirect_uri"] != given["redirect_uri"]
                or asked["code_challenge"] != challenge
            ):
                return self._say(400, {"error": "invalid_grant"})
            token = provider.token(asked)
            return self._say(200, {"id_token": token, "access_token": "a", "token_type": "Bearer"})

        def _say(self, status: int, what: dict[str, Any]) -> None:
            body = json.dumps(what).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

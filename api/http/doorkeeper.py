"""Doorkeeper: authentication from the request's head, before its body is read, with rate limit."""

from __future__ import annotations

import re
from http import HTTPStatus

import anyio
from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access.keys import KeyStore
from api.access.roles import Principal
from api.access.wrong_keys import WrongKeys
from api.errors import DatabaseUnavailable
from api.http.problems import Refusal, problem, unavailable

GUARDED = "/v1/"
"""What needs a key; the rest is the page, its files, the documentation and `/healthz`."""
_STATE = "principal"
_CALLBACKS = re.compile(r"/v1/cases/[^/]+/callbacks")
_LEARN_AGAIN_S = 1.0


class Doorkeeper:
    """ASGI middleware: 401 or 429 for a guarded path without a valid key.

    An address that gave too many wrong keys is rate-limited. Valid keys from the same address (a
    bureau may have only one) still pass: they are found among the keys in memory, which are loaded
    at most once a second, so a wrong key then costs the database nothing. A signed call-back is
    left to `signatures.Signatures`, which waits for its body.
    """

    def __init__(self, app: ASGIApp, keys: KeyStore, wrong: WrongKeys) -> None:
        self._app = app
        self._keys = keys
        self._wrong = wrong

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through with its principal, or refuse it."""
        if scope["type"] == "http" and scope["path"].startswith(GUARDED) and not signed(scope):
            try:
                let_in(scope, await self._who(scope))
            except Refusal as no:
                answer = problem(no.status, no.detail, no.headers)
                return await answer(scope, receive, send)
            except DatabaseUnavailable as error:
                return await unavailable(error)(scope, receive, send)
        return await self._app(scope, receive, send)

    async def _who(self, scope: Scope) -> Principal:
        key = bearer(scope)
        if key is None:
            raise _unknown("give an access key: Authorization: Bearer sw_…")
        address = address_of(scope)
        wait = self._wrong.wait_s(address)
        who = await anyio.to_thread.run_sync(self._recall if wait else self._keys.verify, key)
        if who is not None:
            return who
        if wait:
            raise slow_down(wait)
        self._wrong.count(address)
        raise _unknown("this access key is unknown, expired or revoked; ask for a new one")

    def _recall(self, key: str) -> Principal | None:
        if self._keys.learnt_ago_s > _LEARN_AGAIN_S:
            self._keys.learn()
        return self._keys.recall(key)


def bearer(scope: Scope) -> str | None:
    """The key that a request brings; None for none."""
    scheme, _, key = Headers(scope=scope).get("authorization", "").partition(" ")
    return key.strip() or None if scheme.lower() == "bearer" else None


def signed(scope: Scope) -> bool:
    """Whether a request is a call-back that brings a signature in place of a key."""
    return (
        scope["type"] == "http"
        and scope["method"] == "POST"
        and _CALLBACKS.fullmatch(scope["path"]) is not None
        and "authorization" not in (headers := Headers(scope=scope))
        and "webhook-signature" in headers
    )


def let_in(scope: Scope, who: Principal) -> None:
    """Note who asks, for `asking`."""
    scope.setdefault("state", {})[_STATE] = who


def slow_down(wait_s: int) -> Refusal:
    """What an address is told that gave too many wrong keys or signatures."""
    return Refusal(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too many wrong access keys came from this address; wait, then check the key",
        {"Retry-After": str(wait_s)},
    )


def address_of(scope: Scope) -> str:
    """The asking address: the connection's, or what a proxy of `FORWARDED_ALLOW_IPS` says."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def asking(request: Request) -> Principal:
    """Return the principal that the doorkeeper authenticated."""
    who = getattr(request.state, _STATE)
    assert isinstance(who, Principal)
    return who


def _unknown(detail: str) -> Refusal:
    return Refusal(HTTPStatus.UNAUTHORIZED, detail, {"WWW-Authenticate": "Bearer"})

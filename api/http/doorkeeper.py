"""Doorkeeper: authentication from the request's head, before its body is read, with rate limits."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from http import HTTPStatus

import anyio
from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access.keys import KeyStore
from api.access.rate_limit import RateLimits
from api.access.roles import Principal
from api.access.sessions import SessionStore, csrf_token
from api.access.wrong_keys import WrongKeys
from api.errors import DatabaseUnavailable
from api.http.cookies import Cookie
from api.http.problems import Refusal, problem, unavailable
from api.http.way_in import OwnWays, WayIn
from api.words.said import say

GUARDED = "/v1/"
"""What needs a key; the rest is the page, its files, the documentation and `/healthz`."""
UNLIMITED = frozenset({"/healthz", "/readyz", "/metrics"})
"""Without a rate limit: supervisors have to be told at any time, and one answer is worked out for
all who ask for it at the same time."""
CSRF_HEADER = "X-CSRF-Token"
IDLE_HEADER = "X-Idle"
"""The page says with it that it asks by itself, and nobody has touched it for a while."""
_BY_THEMSELVES = frozenset({"/v1/events"})
"""What a page goes on asking for while nobody touches it, whether it says so or not."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_STATE = "principal"
_LEARN_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Doors:
    """What a door asks: stores of keys and sessions, limits, routes of their own way."""

    keys: KeyStore
    sessions: SessionStore
    cookie: Cookie
    wrong: WrongKeys
    limits: RateLimits
    own_ways: OwnWays

    async def by_key(self, scope: Scope, key: str) -> Principal:
        """The holder of a key; wherever it stands in a request, the same limits hold for it.

        Raises:
            Refusal: 401, it opens nothing; 429, its holder or this address asks too much.
        """
        address = address_of(scope)
        wait = self.wrong.wait_s(address)
        find = self._recall if wait else self.keys.verify
        who = await anyio.to_thread.run_sync(find, key)
        if who is not None:
            return self.counted(scope, who)
        if wait:
            raise slow_down(wait)
        self.wrong.count(address)
        raise unknown(say("access_key_wrong"))

    def counted(self, scope: Scope, who: Principal, holder: str | None = None) -> Principal:
        """Whoever asks, with their address, if they do not ask too much; by their id or `holder`.

        Raises:
            Refusal: 429.
        """
        _refuse_many(self.limits.of_holder(holder or who.key_id))
        return replace(who, address=address_of(scope))

    def _recall(self, key: str) -> Principal | None:
        if self.keys.learnt_ago_s > _LEARN_AGAIN_S:
            self.keys.learn()
        return self.keys.recall(key)


class Doorkeeper:
    """ASGI middleware: 401, 403 or 429 for a guarded path without a valid key or session.

    An address that gave too many wrong keys is rate-limited. Valid keys from the same address (a
    bureau may have only one) still pass: they are found among the keys in memory, which are loaded
    at most once a second, so a wrong key then costs the database nothing. A signed call-back is
    left to `signatures.Signatures`, which waits for its body.
    """

    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        self._app = app
        self._doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through with its principal, or refuse it."""
        if scope["type"] == "http" and scope["path"] not in UNLIMITED:
            try:
                _refuse_many(self._doors.limits.of_address(address_of(scope)))
                if scope["path"].startswith(GUARDED):
                    let_in(scope, await self._known(scope))
            except Refusal as no:
                answer = problem(no.status, no.detail, no.headers)
                return await answer(scope, receive, send)
            except DatabaseUnavailable as error:
                return await unavailable(error)(scope, receive, send)
        return await self._app(scope, receive, send)

    async def _known(self, scope: Scope) -> Principal | None:
        """Who asks; None for somebody without a key whom the route has to find out about."""
        key, secret = bearer(scope), self._doors.cookie.read(scope)
        if key is not None:
            return await self._doors.by_key(scope, key)
        if self._doors.own_ways.way(scope) is not WayIn.KEY:
            return None
        if secret is not None:
            return self._doors.counted(scope, await self._by_session(scope, secret))
        raise unknown(say("sign_in_first"))

    async def _by_session(self, scope: Scope, secret: str) -> Principal:
        by_itself = IDLE_HEADER in Headers(scope=scope) or scope["path"] in _BY_THEMSELVES
        who = await anyio.to_thread.run_sync(
            lambda: self._doors.sessions.verify(secret, active=not by_itself)
        )
        if who is None:
            raise unknown(say("session_over"))
        if scope["method"] not in _SAFE:
            refuse_other_sites(scope)
            given = Headers(scope=scope).get(CSRF_HEADER, "")
            if not hmac.compare_digest(given.encode(), csrf_token(secret).encode()):
                raise Refusal(HTTPStatus.FORBIDDEN, say("csrf_missing", header=CSRF_HEADER))
        return who


def refuse_other_sites(scope: Scope) -> None:
    """Refuse what a browser says another site's page asks.

    Raises:
        Refusal: 403.
    """
    if Headers(scope=scope).get("sec-fetch-site", "same-origin") != "same-origin":
        raise Refusal(HTTPStatus.FORBIDDEN, say("other_site"))


def bearer(scope: Scope) -> str | None:
    """The key that a request brings; None for none."""
    scheme, _, key = Headers(scope=scope).get("authorization", "").partition(" ")
    return key.strip() or None if scheme.lower() == "bearer" else None


def let_in(scope: Scope, who: Principal | None) -> None:
    """Note who asks, for `asking`; None for nobody that is known yet."""
    scope.setdefault("state", {})[_STATE] = who


def slow_down(wait_s: int) -> Refusal:
    """What an address is told that gave too many wrong keys or signatures."""
    return Refusal(
        HTTPStatus.TOO_MANY_REQUESTS,
        say("wrong_keys", wait_s=wait_s),
        {"Retry-After": str(wait_s)},
    )


def address_of(scope: Scope) -> str:
    """The asking address: the connection's, or what a proxy of `FORWARDED_ALLOW_IPS` says."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def asking(request: Request) -> Principal:
    """Return the principal that the doorkeeper authenticated."""
    who = asking_or_nobody(request)
    assert who is not None, "a route that lets in its own way has to find out who asks"
    return who


def asking_or_nobody(request: Request) -> Principal | None:
    """Return the principal of a key that came along; None where the route has its own way."""
    who = getattr(request.state, _STATE)
    assert who is None or isinstance(who, Principal)
    return who


def unknown(detail: str) -> Refusal:
    """401 in these words."""
    return Refusal(HTTPStatus.UNAUTHORIZED, detail, {"WWW-Authenticate": "Bearer"})


def _refuse_many(wait_s: int) -> None:
    if wait_s:
        raise Refusal(
            HTTPStatus.TOO_MANY_REQUESTS,
            say("too_many_requests", wait_s=wait_s),
            {"Retry-After": str(wait_s)},
        )

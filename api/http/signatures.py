"""Signatures: call-backs without a key are let in by a receiver's signature, or not at all.

A signature covers the body, so it can be checked only once that is here; `guards.BodyLimit` has
bounded it by then. It is checked as it came, before anything parses it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import Request
from standardwebhooks.webhooks import Webhook as Verifier
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access.wrong_keys import WrongKeys
from api.callbacks.desk import Sender
from api.delivery.secrets import verifiers
from api.http.doorkeeper import address_of, bearer, let_in, slow_down, unknown
from api.http.guards import replayed
from api.http.problems import problem
from api.http.way_in import OwnWays, WayIn
from vision.site import Webhook

_STATE = "signed"
_SIGNATURE = "webhook-signature"


@dataclass(frozen=True, slots=True)
class Signed:
    """A request that a receiver has signed: who it may be, and its `webhook-id`."""

    sender: Sender
    event_id: str


class Signatures:
    """ASGI middleware: 401 or 429 for a call-back whose signature is none of a receiver's.

    The tolerance is the standard's (`standardwebhooks`): five minutes either way. Wrong signatures
    are counted by address as wrong keys are, and right ones pass meanwhile all the same.

    Raises:
        SiteError: a receiver's secret cannot be used.
    """

    def __init__(
        self, app: ASGIApp, webhooks: Sequence[Webhook], wrong: WrongKeys, own_ways: OwnWays
    ) -> None:
        self._app = app
        self._own_ways = own_ways
        self._verifiers = [(hook.name, verifiers(hook)) for hook in webhooks]
        self._wrong = wrong

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through with the receivers that it may be from, or refuse it."""
        if not self._asked_for(scope):
            return await self._app(scope, receive, send)
        if _SIGNATURE not in Headers(scope=scope):
            no = unknown("give an access key, or sign what you send: see /openapi.json")
            return await problem(no.status, no.detail, no.headers)(scope, receive, send)
        body: bytes = (await receive()).get("body", b"")
        headers = dict(Headers(scope=scope))
        names = tuple(
            name
            for name, those in self._verifiers
            if any(_verifies(one, body, headers) for one in those)
        )
        if not names:
            return await self._refuse(scope, receive, send)
        sender = Sender.signed(names)
        let_in(scope, sender.who)
        scope["state"][_STATE] = Signed(sender, headers["webhook-id"])
        return await self._app(scope, replayed(body, receive), send)

    def _asked_for(self, scope: Scope) -> bool:
        return (
            scope["type"] == "http"
            and bearer(scope) is None
            and self._own_ways.way(scope) is WayIn.SIGNATURE
        )

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = address_of(scope)
        if wait := self._wrong.wait_s(address):
            no = slow_down(wait)
            return await problem(no.status, no.detail, no.headers)(scope, receive, send)
        self._wrong.count(address)
        answer = problem(
            HTTPStatus.UNAUTHORIZED,
            "no receiver's secret has signed this body, id and timestamp, or the timestamp is more "
            "than five minutes off; check the secret and the clock, and sign each retry anew",
            {"WWW-Authenticate": "Bearer"},
        )
        return await answer(scope, receive, send)


def _verifies(verifier: Verifier, body: bytes, headers: Mapping[str, str]) -> bool:
    try:
        verifier.verify(body, dict(headers), json_parse=False)
    except Exception:  # noqa: BLE001 - strangers' headers and bodies make the library raise anything
        return False
    return True


def signature_of(request: Request) -> Signed | None:
    """Who has signed a request; None where a key has let it in."""
    found = getattr(request.state, _STATE, None)
    assert found is None or isinstance(found, Signed)
    return found

"""Signatures: call-backs without a key are let in by a receiver's signature, or not at all.

A signature covers the body, so it can be checked only once that is here; `guards.BodyLimit` has
bounded it by then. It is checked as it came, before anything parses it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import Request
from standardwebhooks.webhooks import Webhook as Verifier
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.callbacks.desk import Sender
from api.delivery.secrets import verifiers
from api.http.doorkeeper import Doors, address_of, bearer, let_in, slow_down, unknown
from api.http.guards import replayed
from api.http.problems import Refusal, problem
from api.http.way_in import WayIn
from api.words.said import say
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

    def __init__(self, app: ASGIApp, webhooks: Sequence[Webhook], doors: Doors) -> None:
        self._app = app
        self._doors = doors
        self._verifiers = [(hook.name, verifiers(hook)) for hook in webhooks]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through with the receivers that it may be from, or refuse it."""
        if not self._asked_for(scope):
            return await self._app(scope, receive, send)
        try:
            return await self._signed(scope, receive, send)
        except Refusal as no:
            return await problem(no.status, no.detail, no.headers)(scope, receive, send)

    async def _signed(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _SIGNATURE not in Headers(scope=scope):
            raise unknown(say("signature_missing"))
        body: bytes = (await receive()).get("body", b"")
        headers = dict(Headers(scope=scope))
        names = tuple(
            name
            for name, those in self._verifiers
            if any(_verifies(one, body, headers) for one in those)
        )
        if not names:
            raise self._wrong(address_of(scope))
        sender = Sender.signed(names)
        # A receiver that loops takes no worker from others, whichever door it comes by.
        let_in(scope, self._doors.counted(scope, sender.who, f"webhook:{names[0]}"))
        scope["state"][_STATE] = Signed(sender, headers["webhook-id"])
        return await self._app(scope, replayed(body, receive), send)

    def _asked_for(self, scope: Scope) -> bool:
        return (
            scope["type"] == "http"
            and bearer(scope) is None
            and self._doors.own_ways.way(scope) is WayIn.SIGNATURE
        )

    def _wrong(self, address: str) -> Refusal:
        """What is said to a wrong signature, which is counted unless the address waits already."""
        if wait := self._doors.wrong.wait_s(address):
            return slow_down(wait)
        self._doors.wrong.count(address)
        return unknown(say("signature_wrong"))


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

"""Handshake: asks a receiver for leave before the first event, as CloudEvents has it.

"HTTP 1.1 Web Hooks for Event Delivery", version 1.0, section 4 ("Abuse protection"): an OPTIONS
request that names who wants to send, which the receiver answers with the origins that it allows. No
rate is asked for: a receiver for which we are too fast answers 429 with `Retry-After`, which is
honoured.
"""

from __future__ import annotations

import httpx

from api.errors import CaseError


class HandshakeRefused(CaseError):  # noqa: N818 - a state of the receiver
    """The receiver does not allow this origin (yet)."""


async def shake_hands(client: httpx.AsyncClient, url: httpx.URL | str, origin: str) -> None:
    """Ask whether this origin may send there.

    Args:
        client: of the receiver's sender.
        url: where events are going to be sent.
        origin: the DNS name of the sending site.

    Raises:
        HandshakeRefused: the receiver does not say that it may.
        httpx.HTTPError: it does not answer.
    """
    headers = {"WebHook-Request-Origin": origin, "user-agent": "Streetwarden"}
    async with client.stream("OPTIONS", url, headers=headers) as response:
        allowed = response.headers.get("webhook-allowed-origin", "").strip()
        if response.is_success and (allowed == "*" or allowed.lower() == origin.lower()):
            return
        said = "another origin" if allowed else "no WebHook-Allowed-Origin"
        raise HandshakeRefused(
            f"the receiver answered OPTIONS with {response.status_code} and {said}: it does not "
            f"allow {origin}; have its operator allow it, or leave `origin` out where it does not "
            "speak the CloudEvents handshake"
        )

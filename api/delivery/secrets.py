"""Secrets of a receiver: every one that is valid now, as Standard Webhooks signs and verifies.

While one secret replaces another, both are valid: requests carry a signature of each, separated by
spaces, and a receiver that knows either accepts them; what it sends back may be signed with either.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from standardwebhooks.webhooks import Webhook as Verifier

from vision.errors import SiteError
from vision.site import Webhook


def verifiers(hook: Webhook) -> list[Verifier]:
    """What signs, and verifies, with each of the receiver's secrets, the newest first.

    Raises:
        SiteError: one cannot be used; the message never holds it.
    """
    found = []
    for place, secret in enumerate(hook.secret, 1):
        try:
            found.append(Verifier(secret.get_secret_value()))
        except Exception:  # noqa: BLE001 - the library's own, binascii's: all mean the same
            which = "its secret" if len(hook.secret) == 1 else f"its secret number {place}"
            raise SiteError(
                f"webhook {hook.name}: {which} is not Base64 (with or without whsec_); "
                "make one with: openssl rand -base64 32"
            ) from None
    return found


def signatures(signers: Sequence[Verifier], event_id: str, now: datetime, body: str) -> str:
    """The value of `webhook-signature`: one signature for each secret.

    Args:
        signers: of `verifiers`.
        event_id: the request's `webhook-id`.
        now: UTC, of `webhook-timestamp` (standardwebhooks signs correctly for UTC only).
        body: what is sent.
    """
    return " ".join(signer.sign(event_id, now, body) for signer in signers)

"""Webhook: a receiver of cases: where it is, what it may be told, and how that is signed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, IPvAnyNetwork, SecretStr

from vision.fields import KindName, Part
from vision.site.web_address import WebAddress

MOST_SECRETS = 4
"""Two are a rotation; each more lengthens the header of every request."""

CaseEvents = Literal[
    "confirmed",
    "cleared",
    "ended",
    "reopened",
    "rejected",
    "filed",
    "dispatched",
    "handled",
    "verified",
    "returned",
    "noticed",
    "grace",
    "reobserved",
    "accepted",
    "transferred",
    "closed",
    "supervised",
    "supervision_ended",
    "appealed",
    "upheld",
]
"""What receivers can ask to be told of a case."""


def _of_secrets(given: object) -> object:
    if isinstance(given, str | SecretStr):
        return (given,)
    if isinstance(given, list | tuple):
        if 1 <= len(given) <= MOST_SECRETS:
            return given
        raise ValueError(f"is one secret, or a list of up to {MOST_SECRETS}, the newest first")
    raise ValueError("is a text: put it in quotes; or a list of texts, the newest first")


Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_of_secrets)]
"""One, or several that are valid at once while one is replaced by another: the newest first."""


class Webhook(Part):
    """A receiver of cases. `allow` lists networks it may live in although they are private.

    Every request is signed with each `secret`; to replace one, put the new one before the old one,
    give it to the receiver, and take the old one out.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    url: WebAddress
    secret: Secrets
    kinds: tuple[Literal["all"] | KindName, ...] = ("all",)
    stages: tuple[CaseEvents, ...] = ("confirmed", "cleared", "reopened")
    media: Literal["redacted"] = "redacted"
    allow: tuple[IPvAnyNetwork, ...] = ()

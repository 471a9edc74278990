"""Access: how long people stay signed in, and the identity provider where they may sign in."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from vision.durations import Duration
from vision.fields import Part
from vision.mistakes.wrong import wrong
from vision.site.web_address import WebAddress

LONGEST_SESSION = timedelta(days=7)
_ROLES = Literal["viewer", "reviewer", "officer", "admin", "auditor"]


def _idle(length: timedelta) -> timedelta:
    if not timedelta(minutes=5) <= length <= timedelta(hours=12):
        raise ValueError(wrong("idle_length"))
    return length


def _session(length: timedelta) -> timedelta:
    if not timedelta(minutes=30) <= length <= LONGEST_SESSION:
        raise ValueError(wrong("session_length"))
    return length


def _private(issuer: str) -> str:
    if not re.match(r"https://|http://(127\.0\.0\.1|localhost|\[::1\])[:/]", issuer):
        raise ValueError(wrong("issuer_not_https"))
    return issuer


class OidcProvider(Part):
    """An OpenID Connect provider; needs `site.url`, to which it sends people back.

    `roles` says which value of the claim `roles_claim` is which of our roles; of several the first
    one counts, and who has none is refused. A claim within another is written `realm_access.roles`.
    Claims for `cameras`, `kinds` and `divisions` limit what somebody sees; `unit_claim` is their
    department. `ca` is a file with the certificate of a provider of the city's own (PEM).
    """

    issuer: Annotated[WebAddress, AfterValidator(_private)]
    client_id: Annotated[str, Field(min_length=1, max_length=255)]
    client_secret: SecretStr
    scope: str = "openid profile"
    roles_claim: str = "roles"
    roles: dict[str, _ROLES]
    name_claim: str = "preferred_username"
    label_claim: str = "name"
    unit_claim: str | None = None
    cameras_claim: str | None = None
    kinds_claim: str | None = None
    divisions_claim: str | None = None
    ca: str | None = None


class AccessSettings(Part):
    """How long a session lasts without anybody doing anything (`idle`), and at the longest."""

    idle: Annotated[Duration, AfterValidator(_idle)] = timedelta(minutes=30)
    session: Annotated[Duration, AfterValidator(_session)] = timedelta(hours=12)
    oidc: OidcProvider | None = None

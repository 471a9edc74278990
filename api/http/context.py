"""Context: what the routes of one app share, and the dependencies that read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.access.keys import KeyStore
from api.access.roles import Principal, Right
from api.cases.store import CaseStore
from api.delivery.worker import Outbox
from api.http.problems import Refusal
from api.monitoring.watch import Watch
from api.storage.database import Database
from vision.evidence.store import EvidenceStore
from vision.site import Site


@dataclass(frozen=True, slots=True)
class Context:
    """The parts that routes use."""

    site: Site
    database: Database
    evidence: EvidenceStore
    watch: Watch | None
    keys: KeyStore
    cases: CaseStore
    outbox: Outbox


def context(request: Request) -> Context:
    """The app's context."""
    found = request.app.state.context
    assert isinstance(found, Context)
    return found


Shared = Annotated[Context, Depends(context)]
_BEARER = HTTPBearer(
    scheme_name="AccessKey",
    description="An access key (`sw_…`), made with `streetwarden keys create`.",
    auto_error=False,
)


def principal(
    shared: Shared,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
) -> Principal:
    """Who asks; 401 when the key opens nothing."""
    if credentials is None:
        raise _who("give an access key: Authorization: Bearer sw_…")
    found = shared.keys.verify(credentials.credentials)
    if found is None:
        raise _who("this access key is unknown, expired or revoked; ask for a new one")
    return found


def allowed_to(right: Right) -> Callable[[Principal], Principal]:
    """A dependency: who asks, if the role has this right; else 403."""

    def check(who: Annotated[Principal, Depends(principal)]) -> Principal:
        if not who.may(right):
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                f"a key with the role {who.role.value} may not do this; ask for another role",
            )
        return who

    return check


Reader = Annotated[Principal, Depends(allowed_to(Right.READ))]
Reviewer = Annotated[Principal, Depends(allowed_to(Right.REVIEW))]


def _who(detail: str) -> Refusal:
    return Refusal(HTTPStatus.UNAUTHORIZED, detail, {"WWW-Authenticate": "Bearer"})

"""Context: the shared services of one app's routes, and the FastAPI dependencies for them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.access.keys import KeyStore
from api.access.roles import Principal, Right
from api.access.wrong_keys import WrongKeys
from api.cases.claims import ClaimDesk
from api.cases.review import ReviewDesk
from api.cases.step_desk import StepDesk
from api.cases.store import CaseStore
from api.delivery.worker import Outbox
from api.http.doorkeeper import asking
from api.http.problems import Refusal
from api.monitoring.health import Readiness
from api.monitoring.watch import Watch
from api.own_thread import OwnThread
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
    review: ReviewDesk
    steps: StepDesk
    claims: ClaimDesk
    outbox: Outbox
    wrong_keys: WrongKeys
    readiness: OwnThread[Readiness]
    metrics: OwnThread[bytes]


# Dependencies are coroutines: FastAPI would run a function in a request worker, and routes that
# need no worker would wait for one.
async def context(request: Request) -> Context:
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


async def principal(
    request: Request,
    _documented: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
) -> Principal:
    """Return the principal of a request; the doorkeeper has refused requests without a key."""
    return asking(request)


def allowed_to(right: Right) -> Callable[[Principal], Awaitable[Principal]]:
    """Return a dependency that gives the principal if the role has this right, else 403."""

    async def check(who: Annotated[Principal, Depends(principal)]) -> Principal:
        if not who.may(right):
            raise Refusal(
                HTTPStatus.FORBIDDEN,
                f"a key with the role {who.role.value} may not do this; ask for another role",
            )
        return who

    return check


Reader = Annotated[Principal, Depends(allowed_to(Right.READ))]
Reviewer = Annotated[Principal, Depends(allowed_to(Right.REVIEW))]
Holder = Annotated[Principal, Depends(allowed_to(Right.HOLD))]

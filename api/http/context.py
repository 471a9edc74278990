"""Context: the shared services of one app's routes, and the FastAPI dependencies for them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from api.access.keys import KeyStore
from api.access.roles import Principal, Right
from api.access.sessions import SessionStore
from api.access.sign_in import SignInDesk
from api.access.users import UserStore
from api.audits.desk import AuditDesk
from api.callbacks.desk import CallbackDesk
from api.cases.claims import ClaimDesk
from api.cases.plates import PlateDesk
from api.cases.queue import QueueDesk
from api.cases.review import ReviewDesk
from api.cases.step_desk import StepDesk
from api.cases.store import CaseStore
from api.delivery.worker import Outbox
from api.http.cookies import Cookie
from api.http.doorkeeper import CSRF_HEADER, Doors, asking
from api.http.problems import Refusal
from api.live.feed import LiveFeed
from api.monitoring.health import Readiness
from api.monitoring.viewers import Viewers
from api.monitoring.watch import Watch
from api.own_thread import OwnThread
from api.searches.desk import SearchDesk
from api.setup.setup import Setup
from api.site_in_force import SiteInForce
from api.storage.database import Database
from api.words.said import say
from vision.evidence.store import EvidenceStore
from vision.site import Site


@dataclass(frozen=True, slots=True)
class Context:
    """The parts that routes use."""

    in_force: SiteInForce
    database: Database
    evidence: EvidenceStore
    watch: Watch | None
    keys: KeyStore
    users: UserStore
    sessions: SessionStore
    sign_in: SignInDesk
    cookie: Cookie
    cases: CaseStore
    review: ReviewDesk
    plates: PlateDesk
    steps: StepDesk
    callbacks: CallbackDesk
    setup: Setup
    claims: ClaimDesk
    queue: QueueDesk
    searches: SearchDesk
    audits: AuditDesk
    live: LiveFeed
    outbox: Outbox
    doors: Doors
    readiness: OwnThread[Readiness]
    metrics: OwnThread[bytes]
    viewers: Viewers = field(default_factory=Viewers)

    @property
    def site(self) -> Site:
        """The site in force."""
        return self.in_force.now


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
_COOKIE = APIKeyCookie(
    name="__Host-streetwarden",
    scheme_name="Session",
    description="What `POST /v1/session` gives. Under a path it is `__Secure-streetwarden`, over "
    f"plain HTTP `streetwarden`. What changes anything needs the header `{CSRF_HEADER}` besides, "
    "with the `csrf` of `GET /v1/session`.",
    auto_error=False,
)


async def principal(
    request: Request,
    _key: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    _session: Annotated[str | None, Depends(_COOKIE)],
) -> Principal:
    """Return the principal of a request; the doorkeeper has refused those without one."""
    return asking(request)


def allowed_to(*rights: Right) -> Callable[[Principal], Awaitable[Principal]]:
    """Return a dependency: the principal, if the role has one of these rights, else 403."""

    async def check(who: Annotated[Principal, Depends(principal)]) -> Principal:
        if not any(map(who.may, rights)):
            raise Refusal(HTTPStatus.FORBIDDEN, say("role_may_not", role=who.role.value))
        return who

    return check


async def unlimited_admin(
    who: Annotated[Principal, Depends(allowed_to(Right.ACCOUNTS))],
) -> Principal:
    """Return an admin who sees everything: another could give away what they do not see."""
    if who.limited:
        raise Refusal(HTTPStatus.FORBIDDEN, say("limited_admin"))
    return who


async def unlimited_reader(
    who: Annotated[Principal, Depends(allowed_to(Right.READ))],
) -> Principal:
    """Return a reader who sees everything: an audit has no camera and no division."""
    return _unlimited(who)


async def unlimited_inspector(
    who: Annotated[Principal, Depends(allowed_to(Right.AUDITS))],
) -> Principal:
    """Return who may have audits made, and sees everything."""
    return _unlimited(who)


def _unlimited(who: Principal) -> Principal:
    if who.limited:
        raise Refusal(HTTPStatus.FORBIDDEN, say("audits_limited"))
    return who


Known = Annotated[Principal, Depends(principal)]
Registrar = Annotated[Principal, Depends(unlimited_admin)]


Reader = Annotated[Principal, Depends(allowed_to(Right.READ))]
Reviewer = Annotated[Principal, Depends(allowed_to(Right.REVIEW))]
Drawer = Annotated[Principal, Depends(allowed_to(Right.SETUP))]
AuditReader = Annotated[Principal, Depends(unlimited_reader)]
Inspector = Annotated[Principal, Depends(unlimited_inspector)]
Holder = Annotated[Principal, Depends(allowed_to(Right.HOLD))]

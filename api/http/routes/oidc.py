"""`/v1/session/oidc`: signing in at the site's identity provider; there only where it has one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse
from pydantic import StringConstraints

from api.access.oidc import FLOW_LIFE, OidcDesk
from api.access.sessions import SessionStore
from api.errors import SignInFailed
from api.http.context import Shared
from api.http.cookies import Cookie
from api.http.doorkeeper import address_of
from api.http.prefix import path_of
from api.http.problems import GUARDED, described
from api.http.way_in import WayIn, lets_in
from api.storage.database import Database
from api.words.said import say
from vision.site import Site
from vision.site.access import OidcProvider

CALLBACK = "/v1/session/oidc/callback"
_Given = Annotated[str, StringConstraints(max_length=4096)]
_SENT: dict[int | str, dict[str, Any]] = {303: {"description": "Elsewhere, as `Location` says."}}


def oidc_router(
    site: Site, provider: OidcProvider, database: Database, sessions: SessionStore
) -> APIRouter:
    """The routes of one site's provider."""
    router = APIRouter(prefix="/v1/session/oidc", tags=["session"], responses=described(*GUARDED))
    desk = OidcDesk(database, sessions, provider, site.site.url.rstrip("/") + CALLBACK)
    kept = Cookie(site, "streetwarden-oidc", "lax")  # it comes back from another site
    home = f"{path_of(site.site.url)}/"

    @router.get(
        "",
        operation_id="leaveForProvider",
        status_code=303,
        response_class=RedirectResponse,
        responses=_SENT,
        openapi_extra=lets_in(WayIn.PASSWORD),
    )
    def leave_for_provider(request: Request) -> RedirectResponse:
        """Go to the identity provider to sign in."""
        leaving = desk.leave()
        answer = RedirectResponse(leaving.url, status_code=303)
        life = int(FLOW_LIFE.total_seconds())
        kept.give(answer, request.scope, leaving.state, max_age_s=life)
        return answer

    @router.get(
        "/callback",
        operation_id="comeBackFromProvider",
        status_code=303,
        response_class=RedirectResponse,
        responses=_SENT | described(422),
        openapi_extra=lets_in(WayIn.PASSWORD),
    )
    def come_back_from_provider(
        shared: Shared,
        request: Request,
        state: Annotated[_Given, Query()] = "",
        code: Annotated[_Given, Query()] = "",
        error: Annotated[_Given, Query()] = "",
    ) -> RedirectResponse:
        """Come back from the identity provider: the answer sets the session's cookie."""
        if error or not code:
            raise SignInFailed(say("provider_refused"))
        scope = request.scope
        new = desk.come_back(state, kept.read(scope), code, address_of(scope))
        answer = RedirectResponse(home, status_code=303)
        lasts = int(site.access.session.total_seconds())
        shared.cookie.give(answer, scope, new.secret, max_age_s=lasts)
        kept.take(answer, scope)
        return answer

    return router

"""`/v1/session`: signing in with user name and password, who one is, signing out."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.access.passwords import LONGEST
from api.access.roles import RIGHTS, Principal, Right, Role
from api.access.sessions import NewSession, csrf_token
from api.http.context import Context, Known, Shared
from api.http.doorkeeper import address_of, refuse_other_sites
from api.http.problems import GUARDED, WRITING, Refusal, described
from api.http.way_in import WayIn, lets_in
from api.words.said import say

router = APIRouter(prefix="/v1/session", tags=["session"], responses=described(*GUARDED))
Password = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]


class SignIn(BaseModel):
    """User name and password."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "li.wei", "password": "four words of his own"}]},
    )

    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    password: Password


class NewPassword(BaseModel):
    """The password until now, and the one from now on."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"current": "four words of his own", "new": "other words, longer ones"}]
        },
    )

    current: Password
    new: Password


class SessionView(BaseModel):
    """Who asks: a user who has signed in, or a key's holder. Lists of null are no limit.

    `csrf` is what a session sends in the header `X-CSRF-Token` with all that changes anything; null
    for a key. `divisions` hold all that lies below them.
    """

    id: str = Field(description="The user's, or the key's.", examples=["u3f9c1e0a7b42"])
    label: str = Field(examples=["Li Wei"])
    unit: str = Field(examples=["城东中队"])
    role: Role
    rights: list[Right]
    user: bool = Field(description="Whether it is a user's session, and not a key.")
    cameras: list[str] | None
    kinds: list[str] | None
    divisions: list[str] | None
    expires_at: datetime | None
    csrf: str | None


@router.post(
    "",
    operation_id="signIn",
    status_code=201,
    responses=described(*WRITING),
    openapi_extra=lets_in(WayIn.PASSWORD),
)
def sign_in(shared: Shared, request: Request, response: Response, given: SignIn) -> SessionView:
    """Sign in: the answer sets the session's cookie.

    401 does not say what was wrong. After some failures from one address each makes it wait longer,
    5 minutes at most: 429 with `Retry-After`.
    """
    refuse_other_sites(request.scope)
    new = shared.sign_in.sign_in(given.name, given.password, address_of(request.scope))
    return begun(shared, request, response, new)


@router.get("", operation_id="getSession")
def get_session(shared: Shared, who: Known, request: Request) -> SessionView:
    """Say who asks."""
    secret = shared.cookie.read(request.scope) if who.session is not None else None
    return _view(who, secret)


@router.delete("", operation_id="signOut", status_code=204, responses=described(409, 422))
def sign_out(
    shared: Shared,
    who: Known,
    request: Request,
    response: Response,
    everywhere: Annotated[
        bool, Query(description="End all sessions of this user, on every machine.")
    ] = False,
) -> None:
    """Sign out, here or everywhere."""
    session = _session_of(who)
    if everywhere:
        shared.sessions.end_all(who.key_id)
    else:
        shared.sessions.end(session)
    shared.cookie.take(response, request.scope)


@router.post("/password", operation_id="changePassword", responses=described(409, *WRITING))
def change_password(
    shared: Shared, who: Known, request: Request, response: Response, given: NewPassword
) -> SessionView:
    """Change one's own password: ends this user's sessions everywhere and begins a new one here."""
    _session_of(who)
    new = shared.sign_in.change_password(who, given.current, given.new)
    return begun(shared, request, response, new)


def begun(shared: Context, request: Request, response: Response, new: NewSession) -> SessionView:
    """Give the browser a session just begun, and say whose it is."""
    lasts = int(shared.site.access.session.total_seconds())
    shared.cookie.give(response, request.scope, new.secret, max_age_s=lasts)
    who = shared.sessions.verify(new.secret)
    if who is None:
        raise Refusal(HTTPStatus.CONFLICT, say("user_disabled_meanwhile"))
    return _view(who, new.secret)


def _session_of(who: Principal) -> str:
    if who.session is None:
        raise Refusal(HTTPStatus.CONFLICT, say("key_without_session"))
    return who.session


def _view(who: Principal, secret: str | None) -> SessionView:
    cameras, kinds, divisions = (
        None if limit is None else sorted(limit)
        for limit in (who.cameras, who.kinds, who.divisions)
    )
    return SessionView(
        id=who.key_id,
        label=who.label,
        unit=who.unit,
        role=who.role,
        rights=sorted(RIGHTS[who.role]),
        user=who.session is not None,
        cameras=cameras,
        kinds=kinds,
        divisions=divisions,
        expires_at=who.expires_at,
        csrf=csrf_token(secret) if secret is not None else None,
    )

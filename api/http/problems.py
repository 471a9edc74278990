"""Problem details (RFC 9457): the only form of this API's error answers."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from api.errors import (
    CaseError,
    ChangedMeanwhile,
    DatabaseUnavailable,
    IllegalStep,
    OriginalRefused,
    ProviderUnavailable,
    PurgedMedia,
    SetupForbidden,
    SetupRefused,
    SignInFailed,
    SignInWaits,
    SiteFileUnwritable,
    SiteKeyError,
    StepForbidden,
    TookTooLong,
    UnknownAccount,
    UnknownCamera,
    UnknownCase,
    UnknownChange,
    UnknownMedia,
)
from api.http.way_in import methods_at
from vision.errors import EvidenceError
from vision.logs import REQUEST

GUARDED = (401, 403, 429, 503)
"""What every route behind a key may answer."""
WRITING = (400, 408, 413, 422)
"""What every route that takes a body may answer besides."""
LOG = logging.getLogger("streetwarden.api")

_DOMAIN = {
    UnknownCase: HTTPStatus.NOT_FOUND,
    UnknownMedia: HTTPStatus.NOT_FOUND,
    UnknownAccount: HTTPStatus.NOT_FOUND,
    SignInFailed: HTTPStatus.UNAUTHORIZED,
    SignInWaits: HTTPStatus.TOO_MANY_REQUESTS,
    ProviderUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    PurgedMedia: HTTPStatus.GONE,
    OriginalRefused: HTTPStatus.FORBIDDEN,
    StepForbidden: HTTPStatus.FORBIDDEN,
    SetupForbidden: HTTPStatus.FORBIDDEN,
    SetupRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    ChangedMeanwhile: HTTPStatus.PRECONDITION_FAILED,
    SiteFileUnwritable: HTTPStatus.SERVICE_UNAVAILABLE,
    UnknownCamera: HTTPStatus.NOT_FOUND,
    UnknownChange: HTTPStatus.NOT_FOUND,
}
"""What an error of a case is to HTTP; any other one is a conflict with how the case stands."""


class FieldError(BaseModel):
    """One mistake of a request: where, and what."""

    pointer: str
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(default="about:blank")
    title: str = Field(examples=["Conflict"])
    status: int = Field(examples=[409])
    request_id: str | None = Field(
        default=None,
        description="Of this request, as in `X-Request-Id`; the log names it too.",
        examples=["9f2c41d07be36a58"],
    )
    detail: str = Field(examples=["a case in stage rejected cannot confirm; reload it"])
    errors: list[FieldError] | None = Field(default=None, description="Only with status 422.")
    possible: dict[str, list[str]] | None = Field(
        default=None,
        description="With a step that a case does not allow: the steps that its stage allows, each "
        "with the roles that may take it.",
        examples=[{"file": ["admin", "officer", "receiver"]}],
    )


class Refusal(Exception):  # noqa: N818 - an answer, not a fault
    """An answer other than the asked one; becomes problem details."""

    def __init__(
        self, status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers


def problem(
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    errors: list[FieldError] | None = None,
    possible: Mapping[str, Sequence[str]] | None = None,
) -> JSONResponse:
    """The response for one problem."""
    steps = None if possible is None else {step: list(who) for step, who in possible.items()}
    body = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        request_id=REQUEST.get(),
        detail=detail,
        errors=errors,
        possible=steps,
    )
    return JSONResponse(
        body.model_dump(exclude_none=True),
        status_code=status,
        media_type="application/problem+json",
        headers=dict(headers or {}),
    )


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI entries for these problems."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }
        for status in statuses
    }


def install(app: FastAPI) -> None:
    """Make every refusal and every fault of this app problem details."""
    app.add_exception_handler(Refusal, _refusal)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(CaseError, _domain)
    app.add_exception_handler(DatabaseUnavailable, _unavailable)
    app.add_exception_handler(EvidenceError, _unavailable)
    app.add_exception_handler(SiteKeyError, _unavailable)
    app.add_exception_handler(Exception, _fault)


async def _refusal(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)
    return problem(error.status, error.detail, error.headers)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    detail = {
        404: "nothing is served at this address; see /openapi.json",
        405: f"{request.method} is not served at this address; see /openapi.json",
    }.get(error.status_code, str(error.detail))
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(methods_at(request)) or headers.get("Allow", "")
    return problem(error.status_code, detail, headers)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # Neither the sent value nor pydantic's context is repeated: it may hold personal data.
    mistakes = [
        FieldError(
            pointer=_sayable("/" + "/".join(str(part) for part in item["loc"])),
            detail=_sayable(item["msg"].removeprefix("Value error, ")),
        )
        for item in error.errors()
    ]
    said = "; ".join(f"{m.pointer}: {m.detail}" for m in mistakes)
    return problem(422, said or "the request is not understood", errors=mistakes)


def _sayable(said: str) -> str:
    """Without the half characters that JSON lets through and nothing can encode."""
    return said.encode("utf-8", "replace").decode("utf-8")


async def _domain(_request: Request, error: Exception) -> JSONResponse:
    found = (status for kind, status in _DOMAIN.items() if isinstance(error, kind))
    possible = error.possible if isinstance(error, IllegalStep) else None
    headers = {}
    errors = None
    if isinstance(error, SetupRefused):
        errors = [FieldError(pointer=p, detail=_sayable(d)) for p, d in error.mistakes]
    if isinstance(error, SignInWaits):
        headers["Retry-After"] = str(error.wait_s)
    if isinstance(error, SignInFailed):
        headers["WWW-Authenticate"] = "Bearer"
    status = next(found, HTTPStatus.CONFLICT)
    return problem(status, _sayable(str(error)), headers, errors, possible)


async def _unavailable(_request: Request, error: Exception) -> JSONResponse:
    return unavailable(error)


def unavailable(error: Exception) -> JSONResponse:
    """503 for a store that cannot do its work now."""
    # The message names paths and hosts: it goes to the log, not to the caller.
    LOG.error("%s", error)
    whats = {DatabaseUnavailable: "database", SiteKeyError: "key of this site"}
    what = next((w for kind, w in whats.items() if isinstance(error, kind)), "evidence store")
    detail = f"the {what} cannot do this now; try again, and see /readyz"
    if isinstance(error, TookTooLong):
        detail = (
            "this took too long and was stopped; ask for less: give `stage`, `kind`, `camera` or "
            "a shorter time"
        )
    return problem(503, detail, {"Retry-After": "5"})


async def _fault(_request: Request, error: Exception) -> JSONResponse:
    incident = secrets.token_hex(4)
    LOG.error("incident %s", incident, exc_info=error)
    return problem(500, f"an error of this server; its log has it as incident {incident}")

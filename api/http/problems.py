"""Problem details (RFC 9457): the only form of this API's error answers.

Beside the English `detail` stand its `code` and `params`: `api.words.said` makes all three, and
`GET /v1/words` says the same in Chinese.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from api.errors import (
    AuditNoRoom,
    AuditTooLarge,
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
    SiteFileWrong,
    SiteKeyError,
    StepForbidden,
    TookTooLong,
    UnknownAccount,
    UnknownAudit,
    UnknownCamera,
    UnknownCase,
    UnknownChange,
    UnknownMedia,
)
from api.http.way_in import methods_at
from api.words.invalid import INVALID
from api.words.said import Mistaken, Said, say
from vision.errors import EvidenceError
from vision.logs import REQUEST
from vision.site.mistakes import LIMITS

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
    UnknownAudit: HTTPStatus.NOT_FOUND,
    AuditTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    AuditNoRoom: HTTPStatus.INSUFFICIENT_STORAGE,
}
"""What an error of a case is to HTTP; any other one is a conflict with how the case stands."""


class FieldError(BaseModel):
    """One mistake of a request: where, and what.

    `code` is one of `invalid` in `GET /v1/words`; `params` are its values.
    """

    pointer: str = Field(
        description="Into the request (`/body/…`), or, of what stands elsewhere, into the site "
        "file (`/file/…`).",
        examples=["/body/note"],
    )
    detail: str = Field(examples=["String should have at most 2000 characters"])
    code: str = Field(examples=["string_too_long"])
    params: dict[str, Any] = Field(examples=[{"max_length": 2000}])
    line: int | None = Field(
        default=None, description="Its line, of a mistake in the site file.", examples=[None]
    )

    @classmethod
    def of(cls, mistaken: Mistaken) -> FieldError:
        """A mistake that was found."""
        said = mistaken.said
        return cls(
            pointer=_sayable(mistaken.pointer),
            detail=_sayable(said),
            code=said.code if said.code in INVALID else "value_error",
            params=dict(said.params),
            line=mistaken.line,
        )


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
    detail: str = Field(
        description="In English; `GET /v1/words` has the sentence of `code` in Chinese as well.",
        examples=[
            (
                "Li Wei looks at this case until 08:15:30 UTC; wait, or ask an officer or an "
                "admin to take it over"
            )
        ],
    )
    code: str = Field(
        description="What went wrong, as a word that stays: one of `problems` in `GET /v1/words`.",
        examples=["claimed_by_other"],
    )
    params: dict[str, Any] = Field(
        description="The values of its sentence.",
        examples=[{"by": "Li Wei", "until": "2026-05-01T08:15:30+00:00"}],
    )
    errors: list[FieldError] | None = Field(
        default=None,
        description="What is wrong one by one: with status 422, and where the site file is wrong.",
    )
    possible: dict[str, list[str]] | None = Field(
        default=None,
        description="With a step that a case does not allow: the steps that its stage allows, each "
        "with the roles that may take it.",
        examples=[{"file": ["admin", "officer", "receiver"]}],
    )


class Refusal(Exception):  # noqa: N818 - an answer, not a fault
    """An answer other than the asked one; becomes problem details."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        headers: Mapping[str, str] | None = None,
        mistakes: Sequence[Mistaken] = (),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers
        self.mistakes = mistakes


def problem(
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    errors: list[FieldError] | None = None,
    possible: Mapping[str, Sequence[str]] | None = None,
) -> JSONResponse:
    """The response for one problem; of a text without a code it is known only that it is one."""
    said = detail if isinstance(detail, Said) else Said(detail, "refused", {})
    steps = None if possible is None else {step: list(who) for step, who in possible.items()}
    body = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        request_id=REQUEST.get(),
        detail=detail,
        code=said.code,
        params=dict(said.params),
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
    errors = [FieldError.of(one) for one in error.mistakes] or None
    return problem(error.status, error.detail, error.headers, errors)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    detail: str = {
        404: say("no_address"),
        405: say("no_method", method=request.method),
    }.get(error.status_code, str(error.detail))
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(methods_at(request)) or headers.get("Allow", "")
    return problem(error.status_code, detail, headers)


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    mistakes = [_mistake(item) for item in error.errors()]
    told = "; ".join(f"{m.pointer}: {m.detail}" for m in mistakes)
    return problem(422, Said(told, "invalid", {}) if told else say("invalid"), errors=mistakes)


def _mistake(item: Mapping[str, Any]) -> FieldError:
    # Neither the sent value nor all of pydantic's context is repeated: it may hold personal data.
    context = item.get("ctx", {})
    words = next(iter(getattr(context.get("error"), "args", ())), None)
    said = words if isinstance(words, Said) else None
    code = item["type"] if item["type"] in INVALID else "value_error"
    limits = {name: value for name, value in context.items() if name in LIMITS}
    return FieldError(
        pointer=_sayable("/" + "/".join(str(part) for part in item["loc"])),
        detail=_sayable(item["msg"].removeprefix("Value error, ")),
        code=said.code if said is not None and said.code in INVALID else code,
        params=jsonable_encoder(dict(said.params) if said is not None else limits),
    )


def _sayable(said: str) -> str:
    """Without the half characters that JSON lets through and nothing can encode."""
    return said.encode("utf-8", "replace").decode("utf-8")


async def _domain(_request: Request, error: Exception) -> JSONResponse:
    found = (status for kind, status in _DOMAIN.items() if isinstance(error, kind))
    possible = error.possible if isinstance(error, IllegalStep) else None
    headers = {}
    errors = None
    if isinstance(error, SetupRefused | SiteFileWrong):
        errors = [FieldError.of(one) for one in error.mistakes] or None
    if isinstance(error, SignInWaits):
        headers["Retry-After"] = str(error.wait_s)
    if isinstance(error, SignInFailed):
        headers["WWW-Authenticate"] = "Bearer"
    status = next(found, HTTPStatus.CONFLICT)
    return problem(status, _words(error), headers, errors, possible)


def _words(error: Exception) -> str:
    """What an error says, with its code if it has one, which `str` would take from it."""
    words = error.args[0] if error.args else ""
    if isinstance(words, Said):
        return words
    return _sayable(str(error))


async def _unavailable(_request: Request, error: Exception) -> JSONResponse:
    return unavailable(error)


def unavailable(error: Exception) -> JSONResponse:
    """503 for a store that cannot do its work now."""
    # The message names paths and hosts: it goes to the log, not to the caller.
    LOG.error("%s", error)
    match error:
        case TookTooLong():
            detail = say("took_too_long")
        case DatabaseUnavailable():
            detail = say("database_busy")
        case SiteKeyError():
            detail = say("site_key_busy")
        case _:
            detail = say("evidence_busy")
    return problem(503, detail, {"Retry-After": "5"})


async def _fault(_request: Request, error: Exception) -> JSONResponse:
    incident = secrets.token_hex(4)
    LOG.error("incident %s", incident, exc_info=error)
    return problem(500, say("server_fault", incident=incident))

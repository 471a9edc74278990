"""`/open311/v2`: Open311 GeoReport v2, to read; errors in its own form, not as problem details."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from api.access.roles import Principal, Right, Role
from api.errors import GeoReportError
from api.http.context import Context, Shared
from api.http.doorkeeper import bearer
from api.http.parameters import named
from api.http.problems import Refusal, described
from api.open311.desk import RequestDesk
from api.open311.wanted import wanted
from api.open311.written import MEDIA_TYPES, written

_PUBLIC = Principal("public", "everybody", Role.VIEWER)
_FORMS: Any = {
    "text/xml": {"schema": {"type": "string"}},
    "application/json": {"schema": {}},
}
_ERRORS: dict[int | str, dict[str, Any]] = {
    code: {"description": f"`errors` with code {code}.", "content": _FORMS}
    for code in (400, 403, 404, 429)
}
router = APIRouter(
    prefix="/open311/v2",
    tags=["open311"],
    default_response_class=Response,
    responses={
        200: {"description": "As GeoReport v2 has it.", "content": _FORMS},
        **_ERRORS,
        **described(422, 503),
    },
)
Form = Annotated[Literal["xml", "json"], named("json")]
Text = Annotated[str | None, Query(max_length=200)]
# A request's head holds 16 KiB, and a character of these is at most three bytes there.
Many = Annotated[str | None, StringConstraints(max_length=3_000, pattern=r"^[\x00-\x7f]*$")]
Short = Annotated[str | None, StringConstraints(max_length=100, pattern=r"^[\x00-\x7f]*$")]
Code = Annotated[str, named("street_vending-stall")]
RequestId = Annotated[str, named("SW-01J9ZK3V5Q8T6W2Y4B7N0C1D2E")]
Key = Annotated[str | None, Query(max_length=200, description="Instead of the header.")]


@dataclass(frozen=True, slots=True)
class Visit:
    """A request: what is asked, who asks, and in which form the answer is written.

    `who` is the refusal where they may not: whatever is wrong is answered in that form.
    """

    desk: RequestDesk
    who: Principal | GeoReportError
    form: str
    jurisdiction: str | None

    def answer(self, root: str, found: Callable[[Principal], Any]) -> Response:
        """What was found, or why not."""
        code, headers = 200, {"Cache-Control": "no-store", "Vary": "Authorization"}
        try:
            if isinstance(self.who, GeoReportError):
                raise self.who
            self.desk.check(self.jurisdiction)
            value = found(self.who)
        except GeoReportError as error:
            code, root = error.code, "errors"
            value = [{"code": code, "description": str(error)}]
            headers |= error.headers
        content = written(root, value, self.form)
        return Response(content, code, headers, MEDIA_TYPES[self.form])


async def visit(
    request: Request,
    shared: Shared,
    form: Form,
    api_key: Key = None,
    jurisdiction_id: Text = None,
) -> Visit:
    """A visit of who has a key or, where the site publishes the view, of anybody."""
    # Not the session's cookie: another site's page could have a browser send it along.
    who = await _who(request, shared, bearer(request.scope) or api_key or None)
    return Visit(RequestDesk(shared.database, shared.site), who, form, jurisdiction_id)


async def _who(request: Request, shared: Context, key: str | None) -> Principal | GeoReportError:
    if key is None:
        return _PUBLIC if shared.site.open311.public else GeoReportError(403, "api_key is missing")
    try:
        who = await shared.doors.by_key(request.scope, key)
    except Refusal as no:
        if no.status == HTTPStatus.UNAUTHORIZED:  # which the specification does not know
            return GeoReportError(403, "api_key is unknown, expired or revoked")
        return GeoReportError(int(no.status), no.detail, no.headers)
    if not who.may(Right.READ):
        return GeoReportError(403, f"a key with the role {who.role.value} may not read this")
    return who


Visited = Annotated[Visit, Depends(visit)]


class RequestsQuery(BaseModel):
    """Which requests; what is not given is as the specification says."""

    service_request_id: Many = Field(
        default=None,
        description="Ids with commas between; with them nothing else is looked at.",
        examples=["SW-01J9ZK3V5Q8T6W2Y4B7N0C1D2E"],
    )
    service_code: Many = Field(
        default=None, description="Codes with commas between.", examples=["street_vending-stall"]
    )
    start_date: Short = Field(
        default=None,
        description="First seen from then on; at most 90 days before `end_date`.",
        examples=["2026-05-01T00:00:00Z"],
    )
    end_date: Short = Field(default=None, examples=["2026-06-01T00:00:00Z"])
    status: Short = Field(default=None, description="`open`, `closed`, or both with a comma.")


@router.get("/discovery.{form}", operation_id="discoverOpen311")
def discovery(asked: Visited) -> Response:
    """Say where the view is and what it speaks."""
    return asked.answer("discovery", lambda _: asked.desk.discovery())


@router.get("/services.{form}", operation_id="listOpen311Services")
def services(asked: Visited) -> Response:
    """List the kinds of violation as services."""
    return asked.answer("services", lambda _: asked.desk.services())


@router.get("/services/{service_code}.{form}", operation_id="getOpen311Service")
def service(asked: Visited, service_code: Code) -> Response:
    """Get the definition of a service, which asks for no attribute."""
    return asked.answer("service_definition", lambda _: asked.desk.definition(service_code))


@router.get("/requests.{form}", operation_id="listOpen311Requests")
def requests(asked: Visited, query: Annotated[RequestsQuery, Query()]) -> Response:
    """List confirmed cases as requests: of the last 90 days, or as asked; at most 1000."""
    return asked.answer(
        "service_requests",
        lambda who: asked.desk.requests(who, wanted(query.model_dump(), datetime.now(UTC))),
    )


@router.get("/requests/{service_request_id}.{form}", operation_id="getOpen311Request")
def request(asked: Visited, service_request_id: RequestId) -> Response:
    """Get one confirmed case as a request."""
    one = {"service_request_id": service_request_id}
    return asked.answer(
        "service_requests",
        lambda who: asked.desk.requests(who, wanted(one, datetime.now(UTC))),
    )

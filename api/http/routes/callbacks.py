"""Call-backs of case systems: `/v1/cases/{id}/callbacks`, and `/v1/callbacks`."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from api.access.roles import Principal, Right
from api.callbacks.desk import Sender
from api.callbacks.pages import page
from api.callbacks.requests import Callback, EventId
from api.callbacks.schemas import CallbackPage, CallbackView
from api.callbacks.standing import UNAPPLIED, State
from api.http.context import Reader, Shared, allowed_to
from api.http.parameters import RowId
from api.http.problems import GUARDED, WRITING, Refusal, described
from api.http.routes.cases import CaseId
from api.http.signatures import Signed, signature_of
from api.http.way_in import WayIn, lets_in
from api.words.said import say

router = APIRouter(prefix="/v1", tags=["call-backs"], responses=described(*GUARDED, 422))
Watcher = Annotated[Principal, Depends(allowed_to(Right.DELIVERIES))]
Caller = Annotated[Principal, Depends(allowed_to(Right.CALL_BACK))]
_EVENT_ID: TypeAdapter[str] = TypeAdapter(EventId)
_SIGNATURE = APIKeyHeader(
    name="webhook-signature",
    scheme_name="Signature",
    description="In place of a key: Standard Webhooks headers (`webhook-id`, `webhook-timestamp`, "
    "`webhook-signature`), signed with a secret of a receiver that was sent the case.",
    auto_error=False,
)
_EXAMPLES = [
    {
        "id": "evt-20260521-0001",
        "case_id": "SW-01J9ZK3V5Q8T6W2Y4B7N0C1D2E",
        "event": "filed",
        "at": "2026-05-21T16:05:00+08:00",
        "task_no": "RW-2026-004711",
        "file_no": "AJ-2026-0815",
    },
    {
        "id": "evt-20260521-0002",
        "event": "dispatched",
        "at": "2026-05-21T16:20:00+08:00",
        "to": "环卫所",
    },
    {
        "id": "evt-20260521-0003",
        "event": "handled",
        "at": "2026-05-21T17:40:00+08:00",
        "note": "已清运",
        "media": [
            {
                "href": "https://cases.example/media/4711-after.jpg",
                "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                "media_type": "image/jpeg",
                "taken_at": "2026-05-21T17:35:00+08:00",
            }
        ],
    },
    {
        "id": "evt-20260521-0005",
        "event": "closed",
        "at": "2026-05-21T18:30:00+08:00",
        "outcome": "corrected",
    },
]


class CallbackQuery(BaseModel):
    """How a list of call-backs is narrowed and paged."""

    model_config = ConfigDict(extra="forbid")

    state: State | None = None
    cursor: RowId | None = Field(default=None, description="`next` of a page.")
    limit: int = Field(default=50, ge=1, le=200)


@router.post(
    "/cases/{case_id}/callbacks",
    operation_id="callBack",
    openapi_extra=lets_in(WayIn.SIGNATURE),
    responses=described(404, 409, *WRITING),
)
def call_back(
    shared: Shared,
    who: Caller,
    signed: Annotated[Signed | None, Depends(signature_of)],
    _documented: Annotated[str | None, Depends(_SIGNATURE)],
    case_id: CaseId,
    said: Annotated[Callback, Body(examples=_EXAMPLES)],
) -> CallbackView:
    """Say what has become of a case: it is mirrored into the case's life, once per event id.

    With a key of the role `receiver`, or signed. Kept in any order: `state` says whether it was
    applied, waits for what comes before it, was overtaken by what is newer, or refused. Sent again
    it changes nothing; with the same id and another content it is a 409, and kept. 404 also for a
    receiver that was never sent the case.
    """
    sender = Sender(who) if signed is None else signed.sender
    return shared.callbacks.take(sender, case_id, _id(said, signed), said)


@router.get(
    "/cases/{case_id}/callbacks", operation_id="listCaseCallbacks", responses=described(404)
)
def list_of_case(
    shared: Shared, who: Reader, case_id: CaseId, query: Annotated[CallbackQuery, Query()]
) -> CallbackPage:
    """List the call-backs of a case, the newest first, applied or not."""
    states = tuple(State) if query.state is None else (query.state,)
    return page(
        shared.database,
        who,
        states=states,
        case_id=case_id,
        after=query.cursor,
        limit=query.limit,
    )


@router.get("/callbacks", operation_id="listCallbacks")
def list_all(
    shared: Shared, who: Watcher, query: Annotated[CallbackQuery, Query()]
) -> CallbackPage:
    """List call-backs that were not applied (waiting, refused, conflict), the newest first.

    With `state`, those in that state.
    """
    states = UNAPPLIED if query.state is None else (query.state,)
    return page(shared.database, who, states=states, after=query.cursor, limit=query.limit)


def _id(said: Callback, signed: Signed | None) -> str:
    """The event's id; a signed call-back's is the one that was signed."""
    given = said.id if signed is None else signed.event_id
    if given is None:
        raise Refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            say("event_id_missing"),
        )
    if said.id not in {None, given}:
        raise Refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            say("event_id_differs"),
        )
    try:
        return _EVENT_ID.validate_python(given)
    except ValidationError:
        raise Refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            say("event_id_form"),
        ) from None

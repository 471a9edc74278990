"""`/v1/queue`: the cases that wait for a person, in order; the next one, claimed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from api.cases.queue import Narrowed
from api.cases.queue_view import QueuePage
from api.cases.schemas import CaseDetail
from api.http.context import Reader, Reviewer, Shared
from api.http.parameters import DivisionCode, Name
from api.http.problems import GUARDED, WRITING, described

router = APIRouter(prefix="/v1/queue", tags=["queue"], responses=described(*GUARDED, 422))
MOST_SKIPPED = 200
"""Ids: who has put off more than that narrows by kind or camera."""


class QueueQuery(BaseModel):
    """Which part of the queue, and how much of it."""

    model_config = ConfigDict(extra="forbid")

    kind: Name | None = Field(default=None, examples=["street_vending"])
    camera: Name | None = Field(default=None, examples=["market-gate"])
    division: DivisionCode | None = Field(default=None, examples=["421303"])
    limit: int = Field(default=20, ge=1, le=200)


class NextRequest(BaseModel):
    """Of which part of the queue, and which cases not to give now."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{}, {"kind": "street_vending", "skip": ["SW-01J9ZK3V5Q8T6W2Y4B7N0C1D2E"]}]
        },
    )

    kind: Name | None = None
    camera: Name | None = None
    division: DivisionCode | None = None
    skip: list[Name] = Field(default=[], max_length=MOST_SKIPPED)
    ahead: StrictBool = Field(
        default=False,
        description="To be held in reserve while another is looked at: not one of the last ones, "
        "which others may want now.",
    )


@router.get("", operation_id="getQueue")
def get_queue(shared: Shared, who: Reader, query: Annotated[QueueQuery, Query()]) -> QueuePage:
    """List the cases that wait for review, by what a reviewer's minute is worth at each."""
    return shared.queue.page(who, Narrowed(query.kind, query.camera, query.division), query.limit)


@router.post(
    "/next",
    operation_id="claimNext",
    response_model=CaseDetail,
    responses=described(*WRITING)
    | {
        204: {
            "description": "Nothing waits that nobody holds and this key may decide; `ahead`: too "
            "little to hold any of it in reserve."
        }
    },
)
def claim_next(shared: Shared, who: Reviewer, request: NextRequest) -> CaseDetail | Response:
    """Claim the best case that nobody holds. Two who ask at once never get the same one."""
    part = Narrowed(request.kind, request.camera, request.division)
    found = shared.queue.next(who, part, request.skip, ahead=request.ahead)
    if found is None:
        return Response(status_code=204)
    return found

"""`/v1/cases/{id}/claim` and `/release`: who looks at a case to decide on it, for some minutes."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, StrictBool

from api.access.roles import Right
from api.cases.claims import Claim
from api.cases.parts import Note
from api.http.context import Reviewer, Shared
from api.http.problems import GUARDED, WRITING, Refusal, described
from api.http.routes.cases import CaseId
from api.words.said import say

router = APIRouter(prefix="/v1/cases", tags=["cases"], responses=described(*GUARDED, 404, 422))


class ClaimRequest(BaseModel):
    """`take_over`: also from whoever holds it; for officers and admins, and logged."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{}, {"take_over": True, "reason": "Li is on leave."}]},
    )

    take_over: StrictBool = False
    reason: Note = ""


@router.post("/{case_id}/claim", operation_id="claimCase", responses=described(409, *WRITING))
def claim_case(shared: Shared, who: Reviewer, case_id: CaseId, request: ClaimRequest) -> Claim:
    """Hold a case to decide on it; call again while looking at it. Others cannot decide then."""
    if request.take_over and not who.may(Right.TAKE_OVER):
        raise Refusal(HTTPStatus.FORBIDDEN, say("take_over_not_yours", role=who.role.value))
    return shared.claims.claim(who, case_id, take_over=request.take_over, reason=request.reason)


@router.post(
    "/{case_id}/release",
    operation_id="releaseCase",
    status_code=204,
    responses=described(*WRITING),
)
def release_case(shared: Shared, who: Reviewer, case_id: CaseId) -> None:
    """Let a case go on leaving it; of one that others hold, nothing changes."""
    shared.claims.release(who, case_id)

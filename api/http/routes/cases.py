"""`/v1/cases`: read, review, reject many."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.cases.bulk_rejection import MOST, RejectedCases, reject_all
from api.cases.case_filter import CaseFilter
from api.cases.hold import set_hold
from api.cases.parts import Note
from api.cases.requests import HoldRequest, MaskRequest, PlateRequest, ReviewRequest
from api.cases.schemas import CaseDetail
from api.cases.stages import Rejection, Stage
from api.evidence.hand_masks import MaskDesk
from api.http.context import Holder, Reader, Reviewer, Shared
from api.http.parameters import Instant, Name, named
from api.http.problems import GUARDED, WRITING, described
from api.storage.limits import TEXT

router = APIRouter(prefix="/v1/cases", tags=["cases"], responses=described(*GUARDED, 422))
CaseId = Annotated[str, named("SW-01J9ZK3V5Q8T6W2Y4B7N0C1D2E")]


class BulkRejection(BaseModel):
    """Which waiting cases of one camera are rejected, and why; `since` as in a list."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"camera": "market-gate", "kind": "street_vending", "reason": "false_positive"}
            ]
        },
    )

    camera: Name
    zone: Annotated[str, StringConstraints(pattern=TEXT, max_length=1000)] | None = None
    kind: Name | None = None
    since: Instant | None = None
    reason: Rejection
    note: Note = ""
    limit: int = Field(default=100, ge=1, le=MOST)
    only: Annotated[list[Name], Field(max_length=MOST)] | None = Field(
        default=None,
        description="Of these cases alone, such as those that somebody was shown before.",
    )


@router.post("/reject", operation_id="rejectCases", responses=described(*WRITING))
def reject_cases(shared: Shared, who: Reviewer, request: BulkRejection) -> RejectedCases:
    """Reject the newest cases that wait for review and that this camera alone has seen."""
    wanted = CaseFilter(
        kind=request.kind,
        stages=[Stage.PENDING_REVIEW],
        camera=request.camera,
        since=request.since,
        zone=request.zone,
    )
    said = ReviewRequest(decision="reject", reason=request.reason, note=request.note)
    return reject_all(
        shared.database, shared.review, who, wanted, said, limit=request.limit, only=request.only
    )


@router.get("/{case_id}", operation_id="getCase", responses=described(404))
def get_case(shared: Shared, who: Reader, case_id: CaseId) -> CaseDetail:
    """Read one case with its whole log."""
    return shared.cases.get(who, case_id)


@router.post(
    "/{case_id}/review", operation_id="reviewCase", responses=described(404, 409, *WRITING)
)
def review_case(
    shared: Shared, who: Reviewer, case_id: CaseId, request: ReviewRequest
) -> CaseDetail:
    """Confirm a case with all four checks, or reject it with a reason; once.

    Where the site asks for two reviewers, the first one's confirmation leads to `second_review`,
    and a rejection from there back to `pending_review`.
    """
    return shared.review.review(who, case_id, request)


@router.post("/{case_id}/plate", operation_id="sayPlate", responses=described(404, 409, *WRITING))
def say_plate(shared: Shared, who: Reviewer, case_id: CaseId, request: PlateRequest) -> CaseDetail:
    """Say what stands on the truck's number plate: what was read is confirmed, or corrected.

    At any stage, and again; what was read stays beside it, and each answer in the log.
    """
    return shared.plates.say(who, case_id, request)


@router.post("/{case_id}/hold", operation_id="holdCase", responses=described(404, 409, *WRITING))
def hold_case(shared: Shared, who: Holder, case_id: CaseId, request: HoldRequest) -> CaseDetail:
    """Put a case on legal hold, so that nothing of it is purged, or take it off."""
    return set_hold(shared.database, who, case_id, request)


@router.post("/{case_id}/masks", operation_id="maskCase", responses=described(404, *WRITING))
def mask_case(shared: Shared, who: Reviewer, case_id: CaseId, request: MaskRequest) -> CaseDetail:
    """Hide more of a picture, in new derivatives that are shown from now on."""
    return MaskDesk(shared.database, shared.evidence).add(who, case_id, request)

"""`/v1/cases/{id}/steps`: the steps of a case's life after a person's decision."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body

from api.cases.schemas import CaseDetail
from api.cases.step_requests import StepRequest
from api.http.context import Reviewer, Shared
from api.http.problems import GUARDED, WRITING, described
from api.http.routes.cases import CaseId

router = APIRouter(prefix="/v1/cases", tags=["cases"], responses=described(*GUARDED, 422))
_EXAMPLES = [
    {
        "step": "file",
        "reason": "",
        "note": "",
        "data": {"task_no": "RW-2026-004711", "file_no": "AJ-2026-0815"},
    },
    {"step": "close", "note": "Bin emptied at 14:10.", "data": {"outcome": "corrected"}},
    {"step": "withdraw", "reason": "Sent for the wrong street."},
    {
        "step": "notice",
        "data": {
            "said": "Please take the stall away from the tactile paving.",
            "at": "2026-11-27T08:05:00Z",
            "where": "Market gate",
            "way": "loudspeaker",
            "gateway": "horn-3",
            "answer": "",
        },
    },
    {"step": "give_grace", "data": {"until": "2026-11-27T10:05:00Z"}},
    {
        "step": "permit_check",
        "data": {
            "asked": "planning bureau's register",
            "by": "Zhang Min",
            "at": "2026-11-27T08:20:00Z",
            "result": "no_permit",
        },
    },
    {
        "step": "legal_review",
        "data": {
            "by": "法制科 Chen Wei",
            "approved": True,
            "opinion": "The facts are clear and the basis is right.",
            "document_no": "FS-2026-0042",
        },
    },
]


@router.post("/{case_id}/steps", operation_id="takeStep", responses=described(404, 409, *WRITING))
def take_step(
    shared: Shared,
    who: Reviewer,
    case_id: CaseId,
    request: Annotated[StepRequest, Body(examples=_EXAMPLES)],
) -> CaseDetail:
    """Take a step: 409 says which ones the case allows, and to whom; 403 that it is for others.

    `accept` of a case that was not corrected first, `notice` of a structure and `accept` of a major
    case want what the law puts before them; the 409 says what is missing. `give_grace` takes the
    matter's `grace` where no `until` is given; when it is over the camera itself looks again.

    The city's case system owns what becomes of a case that was emitted; where it does not call
    back, an officer records here what it said.
    """
    return shared.steps.take(who, case_id, request)

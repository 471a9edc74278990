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
]


@router.post("/{case_id}/steps", operation_id="takeStep", responses=described(404, 409, *WRITING))
def take_step(
    shared: Shared,
    who: Reviewer,
    case_id: CaseId,
    request: Annotated[StepRequest, Body(examples=_EXAMPLES)],
) -> CaseDetail:
    """Take a step: 409 says which ones the case allows, and to whom; 403 that it is for others.

    The city's case system owns what becomes of a case that was emitted; where it does not call
    back, an officer records here what it said.
    """
    return shared.steps.take(who, case_id, request)

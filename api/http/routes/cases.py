"""`/v1/cases`: list, read, review."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.cases.listing import CaseFilter, Near
from api.cases.schemas import CaseDetail, CasePage, ReviewRequest
from api.cases.stages import Stage
from api.http.context import Reader, Reviewer, Shared
from api.http.problems import described

router = APIRouter(prefix="/v1/cases", tags=["cases"], responses=described(401, 403, 422, 503))
_NEAR = r"^-?\d{1,3}(\.\d+)?,-?\d{1,2}(\.\d+)?,\d{1,6}(\.\d+)?$"


class CaseQuery(BaseModel):
    """How a list is narrowed and paged. Times compare with a case's first sighting."""

    model_config = ConfigDict(extra="forbid")

    kind: str | None = Field(default=None, examples=["street_vending"])
    stage: Stage | None = None
    camera: str | None = None
    since: AwareDatetime | None = Field(default=None, examples=["2026-05-01T00:00:00Z"])
    until: AwareDatetime | None = None
    near: str | None = Field(
        default=None,
        pattern=_NEAR,
        description="`lon,lat,metres` in WGS 84; cases whose place is kept in another system than "
        "WGS 84 or CGCS2000 are left out.",
        examples=["113.38,31.71,500"],
    )
    cursor: str | None = Field(default=None, max_length=40, description="`next` of a page.")
    limit: int = Field(default=50, ge=1, le=200)

    def filter(self) -> CaseFilter:
        """The narrowing part."""
        near = None
        if self.near is not None:
            lon, lat, radius = (float(part) for part in self.near.split(","))
            near = Near(lon=lon, lat=lat, radius_m=radius)
        return CaseFilter(self.kind, self.stage, self.camera, self.since, self.until, near)


@router.get("", operation_id="listCases")
def list_cases(shared: Shared, who: Reader, query: Annotated[CaseQuery, Query()]) -> CasePage:
    """List cases, the newest first."""
    return shared.cases.page(who, query.filter(), query.cursor, query.limit)


@router.get("/{case_id}", operation_id="getCase", responses=described(404))
def get_case(shared: Shared, who: Reader, case_id: str) -> CaseDetail:
    """Read one case with its whole log."""
    return shared.cases.get(who, case_id)


@router.post("/{case_id}/review", operation_id="reviewCase", responses=described(404, 409, 413))
def review_case(shared: Shared, who: Reviewer, case_id: str, request: ReviewRequest) -> CaseDetail:
    """Confirm a case with all four checks, or reject it with a reason; once."""
    return shared.review.review(who, case_id, request)

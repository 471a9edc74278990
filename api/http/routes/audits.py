"""`/v1/audits`: batches of photos and videos: made, started, followed, cancelled, removed."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal, Self

import anyio
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints
from starlette.responses import StreamingResponse

from api.audits.candidates import MOST
from api.audits.desk import Uploaded
from api.audits.state import State
from api.http.context import AuditReader, Inspector, Shared
from api.http.parameters import named, title
from api.http.problems import GUARDED, WRITING, Refusal, described
from api.storage.limits import TEXT
from api.storage.tables import AuditRow
from api.words.said import say

router = APIRouter(prefix="/v1/audits", tags=["audits"], responses=described(*GUARDED))
EXAMPLE = "AU-01J9ZK3V5Q8T6W2Y4B7N0C1D2E"
AuditId = Annotated[str, named(EXAMPLE)]
_EXAMPLE: JsonValue = {"name": "解放路暗访 5月21日", "language": "zh"}
_SSE = {"X-Accel-Buffering": "no"}


class AuditRequest(BaseModel):
    """What to call an audit, and its report's language (the site's if absent)."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    name: Annotated[str, title(200)]
    language: Literal["zh", "en"] | None = None


class AuditView(BaseModel):
    """An audit and how far it is."""

    id: str = Field(examples=[EXAMPLE])
    name: str
    language: str
    state: State
    by: str
    created_at: datetime
    changed_at: datetime = Field(description="When `state` last changed.")
    progress: dict[str, Any] | None = Field(
        description="`pictures` (`done` of `total`, `not_audited`, `reused` from before a "
        "restart), `video` (`number` `of`, `done_s` of `seconds`) and `laid`: `done` `of` the "
        "pictures are laid over others that may show the same things.",
        examples=[{"pictures": {"done": 12, "total": 40, "not_audited": 1, "reused": 0}}],
    )
    counts: dict[str, Any] | None = Field(
        description="`counts` of the report, once it is done.", examples=[{"violations": 3}]
    )
    error: dict[str, Any] | None = Field(
        description="Why it failed: `code`, `params` and `detail` as a problem's.", examples=[None]
    )

    @classmethod
    def of(cls, row: AuditRow) -> Self:
        """What a row says."""
        return cls(
            id=row.id,
            name=row.name,
            language=row.language,
            state=State(row.state),
            by=row.by,
            created_at=row.created_at,
            changed_at=row.changed_at,
            progress=row.progress,
            counts=row.counts,
            error=row.error,
        )


class FileView(BaseModel):
    """A file of an audit; `offset` bytes of its `size` have come."""

    id: str
    name: str
    size: int
    offset: int


class AuditDetail(AuditView):
    """An audit with its files."""

    files: list[FileView]

    @classmethod
    def with_files(cls, row: AuditRow, files: list[Uploaded]) -> AuditDetail:
        """What a row and the folder say."""
        shown = [
            FileView(id=f.row.id, name=f.row.name, size=f.row.size, offset=f.offset) for f in files
        ]
        return cls(**AuditView.of(row).model_dump(), files=shown)


class AuditList(BaseModel):
    """Audits, the newest first; `next` is the `cursor` of the page after this one."""

    items: list[AuditView]
    next: str | None


class CandidatesRequest(BaseModel):
    """Which violations of the report; all of them if absent."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"violations": ["0123456789ab"]}]}
    )

    violations: (
        Annotated[
            list[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]],
            Field(min_length=1, max_length=MOST),
        ]
        | None
    ) = None


class CandidateView(BaseModel):
    """A violation and its case; `new` where it was put to review just now."""

    violation: str
    case_id: str
    new: bool


class CandidateList(BaseModel):
    """What was put to review, or had been; `left` more are when the same is asked again."""

    items: list[CandidateView]
    left: int


@router.get("", operation_id="listAudits", responses=described(422))
def list_audits(
    shared: Shared,
    _who: AuditReader,
    cursor: Annotated[
        str | None, Query(pattern=TEXT, max_length=64, description="`next` of a page.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> AuditList:
    """List audits."""
    rows = shared.audits.store.page(cursor, limit + 1)
    following = rows[limit - 1].id if len(rows) > limit else None
    return AuditList(items=[AuditView.of(row) for row in rows[:limit]], next=following)


@router.post("", operation_id="makeAudit", status_code=201, responses=described(409, *WRITING))
def make_audit(shared: Shared, who: Inspector, request: AuditRequest) -> AuditView:
    """Make an audit; then upload its files, and start it. Nobody is told of what it finds."""
    language = request.language or shared.site.site.language
    return AuditView.of(shared.audits.make(who, request.name, language))


@router.get("/{audit_id}", operation_id="getAudit", responses=described(404, 422))
def get_audit(shared: Shared, _who: AuditReader, audit_id: AuditId) -> AuditDetail:
    """Get an audit with its files and how much of each has come."""
    row = shared.audits.store.get(audit_id)
    return AuditDetail.with_files(row, shared.audits.files(audit_id))


@router.post(
    "/{audit_id}/start", operation_id="startAudit", responses=described(404, 409, *WRITING)
)
def start_audit(shared: Shared, _who: Inspector, audit_id: AuditId) -> AuditView:
    """Let an audit take its turn, once all of its files are here; a second time changes nothing."""
    return AuditView.of(shared.audits.start(audit_id))


@router.post(
    "/{audit_id}/cancel", operation_id="cancelAudit", responses=described(404, 409, *WRITING)
)
def cancel_audit(shared: Shared, _who: Inspector, audit_id: AuditId) -> AuditView:
    """End an audit; one that is over stays as it is."""
    return AuditView.of(shared.audits.cancel(audit_id))


@router.post(
    "/{audit_id}/cases", operation_id="reviewAudit", responses=described(404, 409, *WRITING)
)
def review_audit(
    shared: Shared, who: Inspector, audit_id: AuditId, request: CandidatesRequest
) -> CandidateList:
    """Put violations to review as cases: leads, with the picture that shows each best.

    One that is a case already gives that case; so does another audit of the same photo.
    """
    done, left = shared.audits.cases(who, audit_id, request.violations)
    return CandidateList(
        items=[CandidateView(violation=c.violation, case_id=c.case_id, new=c.new) for c in done],
        left=left,
    )


@router.delete(
    "/{audit_id}",
    operation_id="deleteAudit",
    status_code=204,
    responses=described(404, 409, 422),
)
def delete_audit(shared: Shared, _who: Inspector, audit_id: AuditId) -> None:
    """Remove an audit that does not run, with its files and its report; its cases stay."""
    shared.audits.remove(audit_id)


@router.get(
    "/{audit_id}/events",
    operation_id="followAudit",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "`audit` events, each with an audit as `GET /v1/audits/{id}` gives it "
            "but for its files, until it is over. A stream ends after 100 s: ask again.",
            "content": {
                "text/event-stream": {
                    "schema": {"type": "string"},
                    "example": 'event: audit\ndata: {"id":"AU-01J9…","state":"running"}\n\n',
                }
            },
        },
        **described(404, 422),
    },
)
async def follow_audit(shared: Shared, who: AuditReader, audit_id: AuditId) -> StreamingResponse:
    """Tell how an audit goes on, as it does (`text/event-stream`)."""
    row = await anyio.to_thread.run_sync(shared.audits.store.get, audit_id)
    followers = shared.audits.followers
    if followers.full:
        raise Refusal(
            HTTPStatus.TOO_MANY_REQUESTS, say("audit_listeners_many"), {"Retry-After": "5"}
        )

    def view(row: AuditRow) -> dict[str, Any]:
        return AuditView.of(row).model_dump(mode="json")

    told = followers.stream(who, row, view)
    return StreamingResponse(told, media_type="text/event-stream", headers=_SSE)

"""`/v1/access-log`: who looked at which original, and who took what away, for auditors."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from api.access.access_log import What
from api.access.roles import Principal, Right, Role
from api.cases.scope import scoped
from api.http.context import Shared, allowed_to
from api.http.parameters import Instant, Name, RowId
from api.http.problems import GUARDED, described
from api.storage.tables import AccessRow, CaseRow

router = APIRouter(prefix="/v1/access-log", tags=["access"], responses=described(*GUARDED, 422))
Watcher = Annotated[Principal, Depends(allowed_to(Right.ACCESS_LOG))]


class AccessEntry(BaseModel):
    """One look, or one export: who, from which unit and address, at what, when and why."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    at: datetime
    what: What
    detail: str
    case_id: str | None = Field(description="Null: of more than one case.")
    sha256: str | None = Field(description="The original; null for a package or an export.")
    actor: str
    unit: str
    key_id: str = Field(description="The key's id, or the user's.")
    role: Role
    address: str = Field(description="Empty: at this machine, or before it was kept.")
    reason: str


class AccessPage(BaseModel):
    """A page of entries, the newest first; `next` is the cursor of the next page."""

    items: list[AccessEntry]
    next: int | None


class AccessQuery(BaseModel):
    """How the log is narrowed and paged."""

    model_config = ConfigDict(extra="forbid")

    what: What | None = None
    case: Name | None = Field(default=None, examples=["SW-01J9ZK3V5Q8T6W2Y4B7N0C1D2E"])
    by: Name | None = Field(default=None, description="A key's id, or a user's.")
    since: Instant | None = Field(default=None, examples=["2026-05-01T00:00:00Z"])
    until: Instant | None = Field(default=None, examples=["2026-06-01T00:00:00Z"])
    cursor: RowId | None = Field(default=None, description="`next` of a page.")
    limit: int = Field(default=50, ge=1, le=200)


@router.get("", operation_id="listAccess")
def list_access(shared: Shared, who: Watcher, query: Annotated[AccessQuery, Query()]) -> AccessPage:
    """List who looked at originals and who took packages and exports.

    Who does not see everything is shown what is about the cases that they see.
    """
    found = select(AccessRow)
    if who.limited:
        found = scoped(found.join(CaseRow, CaseRow.id == AccessRow.case_id), who)
    if query.what is not None:
        found = found.where(AccessRow.what == query.what.value)
    if query.case is not None:
        found = found.where(AccessRow.case_id == query.case)
    if query.by is not None:
        found = found.where(AccessRow.key_id == query.by)
    if query.since is not None:
        found = found.where(AccessRow.at >= query.since)
    if query.until is not None:
        found = found.where(AccessRow.at < query.until)
    if query.cursor is not None:
        found = found.where(AccessRow.id < query.cursor)
    with shared.database.read() as session:
        rows = session.scalars(found.order_by(AccessRow.id.desc()).limit(query.limit + 1)).all()
    items = [AccessEntry.model_validate(row) for row in rows[: query.limit]]
    return AccessPage(items=items, next=items[-1].id if len(rows) > query.limit else None)

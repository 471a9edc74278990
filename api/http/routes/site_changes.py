"""`/v1/site/file`, `/v1/site/changes`: how the site file stands, who changed what in it, undo."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.http.context import Drawer, Shared
from api.http.parameters import RowId
from api.http.problems import GUARDED, WRITING, FieldError, described
from api.http.routes.setup import Changed, Surveyor, changed
from api.setup.history import What
from api.storage.limits import LARGEST_ID
from api.storage.tables import SiteChangeRow

router = APIRouter(prefix="/v1/site", tags=["setup"], responses=described(*GUARDED))
Number = Annotated[int, Path(ge=0, le=LARGEST_ID, examples=[1])]


class SiteFileView(BaseModel):
    """How the site file stands.

    `present` false: the server was started without one. `problem`: what is wrong in it, while what
    it was before is in force; `mistakes`: the same one by one. `obstacle`: why it cannot be changed
    here, null where it can. `restart_needed`: its parts that differ from what runs and count from
    the next start.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "present": True,
                    "name": "site.yaml",
                    "problem": None,
                    "mistakes": [],
                    "obstacle": None,
                    "restart_needed": ["workers"],
                    "newest_change": 17,
                }
            ]
        }
    )

    present: bool
    name: str | None
    problem: str | None
    mistakes: list[FieldError]
    obstacle: str | None
    restart_needed: list[str]
    newest_change: int | None


class SiteChange(BaseModel):
    """One change of the site file.

    `by` is who made it; `file`: somebody edited the file by hand. `parts` are the settings that
    differ, `summary` the same in words. `undoes` is the change that this one took back.
    """

    id: int
    at: datetime
    by: str
    what: What
    camera: str | None
    parts: list[str]
    summary: str
    undone: bool
    undoes: int | None


class SiteChangePage(BaseModel):
    """A page of changes, the newest first; `next` is the cursor of the next page."""

    items: list[SiteChange]
    next: int | None


class SiteChangeDetail(SiteChange):
    """One change, and how the file differs by it, as a unified diff; secrets are hidden in it."""

    diff: str


class ChangesQuery(BaseModel):
    """How the list is paged."""

    model_config = ConfigDict(extra="forbid")

    cursor: RowId | None = Field(default=None, description="`next` of a page.")
    limit: int = Field(default=50, ge=1, le=200)


@router.get("/file", operation_id="getSiteFile")
def get_site_file(shared: Shared, who: Surveyor) -> SiteFileView:
    """Say how the site file stands."""
    file, following = shared.setup.file, shared.setup.following
    newest = shared.setup.changes.page(who, None, 1)
    return SiteFileView(
        present=file is not None,
        name=file.name if file else None,
        problem=following.problem if following else None,
        mistakes=[FieldError.of(one) for one in following.mistakes] if following else [],
        obstacle=file.obstacle if file else None,
        restart_needed=list(following.waits) if following else [],
        newest_change=newest[0].id if newest else None,
    )


@router.get("/changes", operation_id="listSiteChanges", responses=described(422))
def list_changes(
    shared: Shared, who: Surveyor, query: Annotated[ChangesQuery, Query()]
) -> SiteChangePage:
    """List the changes of the site file: who does not see everything, those of their cameras."""
    rows = shared.setup.changes.page(who, query.cursor, query.limit + 1)
    items = [SiteChange.model_validate(_shown(row)) for row in rows[: query.limit]]
    return SiteChangePage(items=items, next=items[-1].id if len(rows) > query.limit else None)


@router.get("/changes/{change}", operation_id="getSiteChange", responses=described(404, 422))
def get_change(shared: Shared, who: Surveyor, change: Number) -> SiteChangeDetail:
    """Get one change with its unified diff."""
    row, diff = shared.setup.changes.get(who, change)
    return SiteChangeDetail.model_validate({**_shown(row), "diff": diff})


@router.post(
    "/changes/{change}/undo",
    operation_id="undoSiteChange",
    responses=described(404, 409, *WRITING),
)
def undo_change(shared: Shared, who: Drawer, change: Number, response: Response) -> Changed:
    """Put back what the site file was before a change, if it still is what the change made it.

    409: another change stands in between; it says whose.
    """
    return changed(shared.setup.changes.undo(who, change), response)


def _shown(row: SiteChangeRow) -> dict[str, object]:
    names = ("id", "at", "by", "what", "camera", "parts", "undone", "undoes")
    return {**{name: getattr(row, name) for name in names}, "summary": _summary(row)}


def _summary(row: SiteChangeRow) -> str:
    parts = ", ".join(row.parts)
    said = {
        What.SETUP: f"{row.camera}: {parts}",
        What.SOURCE: f"{row.camera}: {parts}",
        What.CAMERA_ADDED: f"camera {row.camera} added",
        What.CAMERA_REMOVED: f"camera {row.camera} removed",
        What.FILE: f"edited by hand: {parts}" if parts else "edited by hand",
        What.FOUND: "as it was found",
    }.get(What(row.what), row.what)
    return f"undo of {row.undoes} ({said})" if row.undoes is not None else said

"""`/v1/site` and `/v1/kinds`: the names that a reader of cases needs."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel

from api.access.roles import RIGHTS, Right, Role
from api.cases.stages import Rejection
from api.http.context import Reader, Shared
from api.http.problems import GUARDED, described
from vision.kinds import Kind, catalogue

router = APIRouter(prefix="/v1", tags=["site"], responses=described(*GUARDED))


class Me(BaseModel):
    """The asking key; `expires_at` is when it ends, null for never."""

    label: str
    role: Role
    rights: list[Right]
    expires_at: datetime | None


class SiteView(BaseModel):
    """The site's name, language and time zone, and who asks."""

    name: str
    language: str
    timezone: str
    me: Me
    rejections: list[Rejection]


class KindList(BaseModel):
    """The kinds of violation with their names and codes."""

    items: list[Kind]


@router.get("/site", operation_id="getSite")
def get_site(shared: Shared, who: Reader) -> SiteView:
    """Get the site's name, language and time zone."""
    info = shared.site.site
    return SiteView(
        name=info.name,
        language=info.language,
        timezone=info.timezone,
        me=Me(
            label=who.label,
            role=who.role,
            rights=sorted(RIGHTS[who.role]),
            expires_at=who.expires_at,
        ),
        rejections=list(Rejection),
    )


@router.get("/kinds", operation_id="listKinds")
def list_kinds(_who: Reader) -> KindList:
    """List the kinds, their sub-types and codes."""
    return KindList(items=list(catalogue().kinds))

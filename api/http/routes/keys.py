"""`/v1/keys`: access keys of people and machines, for admins."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.access.keys import KeyInfo
from api.access.roles import Role
from api.http.context import Registrar, Shared
from api.http.parameters import named
from api.http.problems import GUARDED, WRITING, described
from api.http.routes.accounts import Cameras, Divisions, Kinds, Label

router = APIRouter(prefix="/v1/keys", tags=["access"], responses=described(*GUARDED))
LONGEST_DAYS = 3650


class KeyView(BaseModel):
    """A key without its secret; `divisions` hold what lies below them, lists of null no limit."""

    id: str
    label: str
    role: Role
    active: bool
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="To about a minute; null for never.")
    cameras: list[str] | None
    kinds: list[str] | None
    divisions: list[str] | None


class KeyList(BaseModel):
    """All keys, the oldest first."""

    items: list[KeyView]


class KeyRequest(BaseModel):
    """A key to make; empty lists are no limit."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"label": "case system", "role": "receiver", "expires_days": 365}]
        },
    )

    label: Label = Field(min_length=1, description="Who holds it.")
    role: Role
    expires_days: int | None = Field(default=None, ge=1, le=LONGEST_DAYS)
    cameras: Cameras = []
    kinds: Kinds = []
    divisions: Divisions = []


class MadeKey(BaseModel):
    """A key just made: `key` is shown now and never again."""

    id: str
    key: str = Field(examples=["sw_…"])


@router.get("", operation_id="listKeys")
def list_keys(shared: Shared, _who: Registrar) -> KeyList:
    """List the keys, revoked and expired ones too."""
    now = datetime.now(UTC)
    return KeyList(items=[_view(key, now) for key in shared.keys.list()])


@router.post("", operation_id="createKey", status_code=201, responses=described(409, *WRITING))
def create_key(shared: Shared, _who: Registrar, given: KeyRequest) -> MadeKey:
    """Make a key; it is shown once."""
    days = given.expires_days
    new = shared.keys.create(
        given.label,
        given.role,
        expires=timedelta(days=days) if days is not None else None,
        cameras=given.cameras,
        kinds=given.kinds,
        divisions=given.divisions,
    )
    return MadeKey(id=new.id, key=new.key)


@router.delete(
    "/{key_id}", operation_id="revokeKey", status_code=204, responses=described(404, 422)
)
def revoke_key(
    shared: Shared, _who: Registrar, key_id: Annotated[str, named("3f9c1e0a7b42")]
) -> None:
    """Revoke a key: from now on it opens nothing, on any server."""
    shared.keys.revoke(key_id)


def _view(key: KeyInfo, now: datetime) -> KeyView:
    return KeyView.model_validate(asdict(key) | {"active": key.active(now)})

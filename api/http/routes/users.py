"""`/v1/users`: who may sign in, for admins."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from api.access.roles import Role
from api.access.users import Change, UserInfo
from api.http.context import Registrar, Shared
from api.http.parameters import named
from api.http.problems import GUARDED, WRITING, described
from api.http.routes.accounts import Cameras, Divisions, Kinds, Label
from api.http.routes.session import Password

router = APIRouter(prefix="/v1/users", tags=["access"], responses=described(*GUARDED))
_OTHERS = "By default, and where empty, all."
_EXAMPLE: dict[str, JsonValue] = {
    "name": "li.wei",
    "label": "Li Wei",
    "unit": "城东中队",
    "role": "officer",
    "password": "four words of his own",
    "divisions": ["421303001"],
}


class UserView(BaseModel):
    """A user; `divisions` hold all that lies below them. Lists of null are no limit."""

    id: str
    name: str
    label: str
    unit: str
    role: Role
    password: bool = Field(description="False: signs in at the identity provider alone.")
    created_at: datetime
    disabled_at: datetime | None
    cameras: list[str] | None
    kinds: list[str] | None
    divisions: list[str] | None


class UserList(BaseModel):
    """All users, by name."""

    items: list[UserView]


class NewUser(BaseModel):
    """A user to add; capitals of `name` do not matter."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    label: Label = Field(default="", description="What logs call them; by default the name.")
    unit: Label = Field(default="", description="Their department.")
    role: Role
    password: Password
    cameras: Cameras = Field(default=[], description=_OTHERS)
    kinds: Kinds = Field(default=[], description=_OTHERS)
    divisions: Divisions = Field(default=[], description=_OTHERS)


class UserChange(BaseModel):
    """What is changed of a user; what is left out or null stays as it is."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"role": "reviewer"}, {"disabled": True}]}
    )

    label: Label | None = None
    unit: Label | None = None
    role: Role | None = None
    password: Password | None = None
    disabled: bool | None = None
    cameras: Cameras | None = None
    kinds: Kinds | None = None
    divisions: Divisions | None = None


@router.get("", operation_id="listUsers")
def list_users(shared: Shared, _who: Registrar) -> UserList:
    """List the users, disabled ones too."""
    return UserList(items=[_view(user) for user in shared.users.list()])


@router.post("", operation_id="addUser", status_code=201, responses=described(409, *WRITING))
def add_user(shared: Shared, _who: Registrar, given: NewUser) -> UserView:
    """Add a user. 409: the name is taken, or name or password cannot be taken; it says why."""
    change = Change(**given.model_dump(exclude={"name", "role", "password"}))
    return _view(shared.users.add(given.name, given.role, given.password, change))


@router.patch("/{user_id}", operation_id="changeUser", responses=described(404, 409, *WRITING))
def change_user(
    shared: Shared,
    who: Registrar,
    user_id: Annotated[str, named("u3f9c1e0a7b42")],
    given: UserChange,
) -> UserView:
    """Change a user. A new password, or being disabled, ends their sessions on all servers."""
    return _view(shared.users.change(user_id, Change(**given.model_dump()), by=who.key_id))


def _view(user: UserInfo) -> UserView:
    return UserView.model_validate(asdict(user))

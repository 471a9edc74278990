"""`/v1/registers`: permits, assets, silences of the site file; what rules have learnt."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.access.visible import visible_cameras
from api.http.context import Drawer, Shared
from api.http.problems import GUARDED, described
from api.http.routes.setup import (
    CHANGES,
    Changed,
    IfMatch,
    Surveyor,
    changed,
    version,
)
from api.setup.register_desk import Register
from vision.pipeline.learnt import learnt

router = APIRouter(prefix="/v1", tags=["setup"], responses=described(*GUARDED))
RegisterName = Annotated[Register, Path(examples=["permits"])]
_PERMIT: dict[str, JsonValue] = {
    "name": "night market",
    "camera": "market-gate",
    "polygon": [[0.1, 0.6], [0.5, 0.6], [0.5, 0.95]],
    "hours": ["Fri-Sun 18:00-23:30"],
}


class RegisterView(BaseModel):
    """A register's entries as the site file has them; `version` is for `If-Match`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"items": [_PERMIT], "version": "5f70bf18a086007016e948b04aed3b82"}]
        }
    )

    items: list[JsonValue]
    version: str


class KnownBox(BaseModel):
    """A structure: x1, y1, x2, y2 as fractions of the picture."""

    box: list[float] = Field(min_length=4, max_length=4, examples=[[0.1, 0.2, 0.3, 0.4]])


class Learnt(BaseModel):
    """What the rule of a zone has learnt by `dated`; what is built later is new."""

    camera: str
    zone: str
    known: list[KnownBox]
    dated: datetime


class BaselineView(BaseModel):
    """What the rules of the cameras that the key sees have learnt; not of zones still learning."""

    items: list[Learnt]


class RegisterChange(BaseModel):
    """A register's entries, all of them."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"items": [_PERMIT]}]}
    )

    items: list[dict[str, JsonValue]]


@router.get("/baseline", operation_id="getBaseline")
def get_baseline(shared: Shared, who: Surveyor) -> BaselineView:
    """Get the structures that the cameras' rules have learnt: they were there and are not new.

    It is learnt, not written. What a site knows of its structures is a map of its own: `baseline`
    in the site file.
    """
    memory = shared.site.storage.folder / "memory"
    return BaselineView(
        items=[
            Learnt(
                camera=known.camera,
                zone=known.zone,
                known=[KnownBox(box=list(box)) for box in known.boxes],
                dated=known.dated,
            )
            for camera in visible_cameras(shared.site, who)
            for known in learnt(shared.site, camera, memory)
        ]
    )


@router.get("/registers/{register}", operation_id="getRegister", responses=described(404, 409, 422))
def get_register(
    shared: Shared, who: Surveyor, register: RegisterName, response: Response
) -> RegisterView:
    """Get permits, assets or silences: those about cameras that the key sees."""
    part = shared.setup.registers.get(who, register)
    response.headers["ETag"] = f'"{part.version}"'
    return RegisterView(items=part.value, version=part.version)


@router.put("/registers/{register}", operation_id="changeRegister", responses=CHANGES)
def change_register(
    shared: Shared,
    who: Drawer,
    register: RegisterName,
    *,
    if_match: IfMatch,
    given: RegisterChange,
    response: Response,
) -> Changed:
    """Put all entries of a register into the site file; see `changeCameraSetup`."""
    done = shared.setup.registers.change(who, register, version(if_match), list(given.items))
    return changed(done, response)

"""`/v1/cameras/{camera}/setup`, `/v1/registers`: what the site file says, read and changed.

All of it is in the site file's own terms (see the README), with variables as they are written.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from api.access.roles import Principal, Right
from api.access.visible import visible_cameras
from api.http.context import Shared, allowed_to
from api.http.parameters import named
from api.http.problems import GUARDED, WRITING, described
from api.setup.camera_desk import USUAL
from api.setup.pen import Done
from api.setup.register_desk import Register
from vision.pipeline.learnt import learnt
from vision.sources.address import SourceKind

router = APIRouter(prefix="/v1", tags=["setup"], responses=described(*GUARDED))
Surveyor = Annotated[Principal, Depends(allowed_to(Right.SETUP, Right.ACCESS_LOG))]
Draughtsman = Annotated[Principal, Depends(allowed_to(Right.SETUP))]
Installer = Annotated[Principal, Depends(allowed_to(Right.SOURCES))]
CameraName = Annotated[str, named("market-gate")]
RegisterName = Annotated[Register, Path(examples=["permits"])]
_VERSION = r'^(\*|(W/)?"[0-9a-f]{1,64}")$'
IfMatch = Annotated[
    str,
    Header(
        alias="If-Match",
        pattern=_VERSION,
        description="The version that the change is made for, in double quotes; `*` for any.",
        examples=["*", '"5f70bf18a086007016e948b04aed3b82"'],
    ),
]
_CHANGES = described(404, 409, 412, *WRITING)
_ZONE: dict[str, JsonValue] = {
    "name": "north pavement",
    "polygon": [[0.1, 0.6], [0.9, 0.6], [0.9, 0.95], [0.1, 0.95]],
    "watch": ["street_vending"],
    "hours": ["Mon-Sun 06:00-23:00"],
}
_PERMIT: dict[str, JsonValue] = {
    "name": "night market",
    "camera": "market-gate",
    "polygon": [[0.1, 0.6], [0.5, 0.6], [0.5, 0.95]],
    "hours": ["Fri-Sun 18:00-23:30"],
}


class CameraChange(BaseModel):
    """Settings of a camera to put into the site file; null takes one out, absent ones stay.

    `source`, `allow`, `type`, `decoder` and `pace` are for admins. Variables (`${…}`), and files
    that presets and documents name, may stay or go; new ones are written by hand.
    """

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"zones": [_ZONE], "analyse_fps": 2}]}
    )

    zones: list[JsonValue] | None = None
    ground: list[JsonValue] | None = None
    privacy: list[JsonValue] | None = None
    presets: list[JsonValue] | None = None
    place: dict[str, JsonValue] | None = None
    admissibility: dict[str, JsonValue] | None = None
    flight: dict[str, JsonValue] | None = None
    analyse_fps: JsonValue = None
    candidate_fps: JsonValue = None
    tiles: JsonValue = None
    clip: JsonValue = None
    clip_after: JsonValue = None
    type: JsonValue = None
    source: Annotated[str, StringConstraints(min_length=1, max_length=2000)] | None = None
    allow: list[str] | None = None
    decoder: JsonValue = None
    pace: JsonValue = None


class NewCamera(CameraChange):
    """A camera to add at the end of the site file's."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"id": "bin-corner", "source": "rtsp://10.0.0.7/stream1"}],
        }
    )

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    source: Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class SourceShown(BaseModel):
    """What is told of a source: the kind of its address."""

    kind: SourceKind


class CameraSetup(BaseModel):
    """A camera's section of the site file; where it says nothing, what counts then.

    `size` is that of its picture in pixels, null while nobody watches it. What is drawn is in
    fractions of the picture. `version` is for `If-Match`.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "camera": "market-gate",
                    "size": [1920, 1080],
                    "source": {"kind": "rtsp"},
                    "zones": [_ZONE],
                    "ground": [],
                    "privacy": [],
                    "presets": [],
                    "place": {"lon": 113.38, "lat": 31.71, "address": "解放路12号"},
                    "admissibility": None,
                    "flight": None,
                    "analyse_fps": 1,
                    "candidate_fps": 2,
                    "tiles": False,
                    "clip": "10s",
                    "clip_after": "10s",
                    "type": "cctv",
                    "allow": [],
                    "decoder": "software",
                    "pace": "realtime",
                    "version": "5f70bf18a086007016e948b04aed3b82",
                }
            ]
        }
    )

    camera: str
    size: list[int] | None = Field(min_length=2, max_length=2)
    source: SourceShown
    zones: list[JsonValue]
    ground: list[JsonValue]
    privacy: list[JsonValue]
    presets: list[JsonValue]
    place: dict[str, JsonValue] | None
    admissibility: dict[str, JsonValue] | None
    flight: dict[str, JsonValue] | None
    analyse_fps: JsonValue
    candidate_fps: JsonValue
    tiles: JsonValue
    clip: JsonValue
    clip_after: JsonValue
    type: JsonValue
    allow: list[JsonValue]
    decoder: JsonValue
    pace: JsonValue
    version: str


class Changed(BaseModel):
    """What became of a change: it is in the site file.

    `change` is its number in the history, null where nothing differed. `version` is the new one.
    `restart_needed` names the parts of the site file that differ from what runs and count from the
    next start; all others count from the next look.
    """

    change: int | None = Field(examples=[17])
    version: str
    restart_needed: list[str] = Field(examples=[["workers"]])


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


@router.get(
    "/cameras/{camera}/setup",
    operation_id="getCameraSetup",
    responses=described(404, 409, 422),
)
def get_setup(shared: Shared, who: Surveyor, camera: CameraName, response: Response) -> CameraSetup:
    """Get what the site file says of a camera; of its source only the kind.

    409: there is no site file, or it has mistakes.
    """
    part, kind = shared.setup.cameras.get(who, camera)
    states = shared.watch.status() if shared.watch else ()
    size = next(([s.width, s.height] for s in states if s.camera == camera and s.width), None)
    response.headers["ETag"] = f'"{part.version}"'
    shown: dict[str, Any] = {**USUAL, **{k: v for k, v in part.value.items() if v is not None}}
    shown["ground"] = shown["ground"] or []
    shown |= {"camera": camera, "size": size, "version": part.version}
    return CameraSetup.model_validate({**shown, "source": SourceShown(kind=kind)})


@router.put("/cameras/{camera}/setup", operation_id="changeCameraSetup", responses=_CHANGES)
def change_setup(
    shared: Shared,
    who: Draughtsman,
    camera: CameraName,
    *,
    if_match: IfMatch,
    given: CameraChange,
    response: Response,
) -> Changed:
    """Change what the site file says of a camera.

    412: another change came between. 422: it would have mistakes; each with its pointer and mend.
    Nothing is written then.
    """
    parts = given.model_dump(include=given.model_fields_set)
    return _changed(shared.setup.cameras.change(who, camera, _version(if_match), parts), response)


@router.post(
    "/cameras", operation_id="addCamera", status_code=201, responses=described(409, *WRITING)
)
def add_camera(shared: Shared, who: Installer, given: NewCamera, response: Response) -> Changed:
    """Add a camera; it is watched from now on."""
    parts = {"id": given.id, "source": given.source}
    parts |= given.model_dump(include=given.model_fields_set - parts.keys())
    return _changed(shared.setup.cameras.add(who, parts), response)


@router.delete("/cameras/{camera}", operation_id="removeCamera", responses=described(404, 409, 422))
def remove_camera(
    shared: Shared, who: Installer, camera: CameraName, response: Response
) -> Changed:
    """Take a camera out of the site; its cases stay. 422: something in the site file names it."""
    return _changed(shared.setup.cameras.remove(who, camera), response)


@router.get("/registers/baseline", operation_id="getBaseline")
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


@router.put("/registers/{register}", operation_id="changeRegister", responses=_CHANGES)
def change_register(
    shared: Shared,
    who: Draughtsman,
    register: RegisterName,
    *,
    if_match: IfMatch,
    given: RegisterChange,
    response: Response,
) -> Changed:
    """Put all entries of a register into the site file; see `changeCameraSetup`."""
    done = shared.setup.registers.change(who, register, _version(if_match), list(given.items))
    return _changed(done, response)


def _version(if_match: str) -> str:
    return if_match.removeprefix("W/").strip('"')


def _changed(done: Done, response: Response) -> Changed:
    response.headers["ETag"] = f'"{done.version}"'
    return Changed(change=done.change, version=done.version, restart_needed=list(done.waits))

"""`/v1/cameras/{camera}/setup`: what the site file says of a camera; cameras added and removed.

All of it is in the site file's own terms (see the README), with variables as they are written.
"""

from __future__ import annotations

from math import isfinite
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from api.access.roles import Principal, Right
from api.http.context import Drawer, Shared, allowed_to
from api.http.parameters import named
from api.http.problems import GUARDED, WRITING, described
from api.setup.camera_desk import USUAL
from api.setup.pen import Done
from vision.geo.ground import Ground
from vision.sources.address import SourceKind, parse_address

router = APIRouter(prefix="/v1", tags=["setup"], responses=described(*GUARDED))
Surveyor = Annotated[Principal, Depends(allowed_to(Right.SETUP, Right.ACCESS_LOG))]
Installer = Annotated[Principal, Depends(allowed_to(Right.SOURCES))]
CameraName = Annotated[str, named("market-gate")]
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
CHANGES = described(404, 409, 412, *WRITING)
_ZONE: dict[str, JsonValue] = {
    "name": "north pavement",
    "polygon": [[0.1, 0.6], [0.9, 0.6], [0.9, 0.95], [0.1, 0.95]],
    "watch": ["street_vending"],
    "hours": ["Mon-Sun 06:00-23:00"],
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
    device_id: JsonValue = None
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


class GroundFit(BaseModel):
    """How well a camera's ground points fit each other, metres; `preset` is the one they belong to.

    `error_m` is how far from its place a point lands that was not used (root mean square over
    leaving each out once), null where that cannot be told: it takes five points, well spread.
    Of each point, in their order: `missed_m`, how far from its place it lands, where one that is
    wrong stands out (four points fit whatever they are), and `left_out_m`, how far by the others
    alone. Null where that cannot be told, or has no bound.
    """

    preset: str | None
    error_m: float | None
    missed_m: list[float]
    left_out_m: list[float | None]

    @classmethod
    def of(cls, preset: str | None, ground: Ground) -> GroundFit:
        """That of a fit."""
        left_out = [m if m is not None and isfinite(m) else None for m in ground.left_out_m]
        return cls(
            preset=preset,
            error_m=ground.error_m,
            missed_m=list(ground.missed_m),
            left_out_m=left_out,
        )


class CameraSetup(BaseModel):
    """A camera's section of the site file; where it says nothing, what counts then.

    `size` is that of its picture in pixels, null while nobody watches it. What is drawn is in
    fractions of the picture. `ground_error_m` is `error_m` of `ground`'s fit; `ground_fits` has
    all, its presets' too. `version` is for `If-Match`.
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
                    "ground_error_m": None,
                    "ground_fits": [],
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
                    "device_id": None,
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
    ground_error_m: float | None
    ground_fits: list[GroundFit]
    privacy: list[JsonValue]
    presets: list[JsonValue]
    place: dict[str, JsonValue] | None
    admissibility: dict[str, JsonValue] | None
    flight: dict[str, JsonValue] | None
    device_id: JsonValue
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


@router.get(
    "/cameras/{camera}/setup",
    operation_id="getCameraSetup",
    responses=described(404, 409, 422),
)
def get_setup(shared: Shared, who: Surveyor, camera: CameraName, response: Response) -> CameraSetup:
    """Get what the site file says of a camera; of its source only the kind.

    409: there is no site file, or it has mistakes.
    """
    part, made = shared.setup.cameras.get(who, camera)
    states = shared.watch.status() if shared.watch else ()
    size = next(([s.width, s.height] for s in states if s.camera == camera and s.width), None)
    response.headers["ETag"] = f'"{part.version}"'
    shown: dict[str, Any] = {**USUAL, **{k: v for k, v in part.value.items() if v is not None}}
    shown["ground"] = shown["ground"] or []
    views = [(None, made), *((preset.name, made.at(preset.name)) for preset in made.presets)]
    fits = [GroundFit.of(name, fit) for name, view in views if (fit := view.homography) is not None]
    shown |= {
        "camera": camera,
        "size": size,
        "version": part.version,
        "source": SourceShown(kind=parse_address(made.source).kind),
        "ground_error_m": next((fit.error_m for fit in fits if fit.preset is None), None),
        "ground_fits": fits,
    }
    return CameraSetup.model_validate(shown)


@router.put("/cameras/{camera}/setup", operation_id="changeCameraSetup", responses=CHANGES)
def change_setup(
    shared: Shared,
    who: Drawer,
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
    return changed(shared.setup.cameras.change(who, camera, version(if_match), parts), response)


@router.post(
    "/cameras", operation_id="addCamera", status_code=201, responses=described(409, *WRITING)
)
def add_camera(shared: Shared, who: Installer, given: NewCamera, response: Response) -> Changed:
    """Add a camera; it is watched from now on."""
    parts = {"id": given.id, "source": given.source}
    parts |= given.model_dump(include=given.model_fields_set - parts.keys())
    return changed(shared.setup.cameras.add(who, parts), response)


@router.delete("/cameras/{camera}", operation_id="removeCamera", responses=described(404, 409, 422))
def remove_camera(
    shared: Shared, who: Installer, camera: CameraName, response: Response
) -> Changed:
    """Take a camera out of the site; its cases stay. 422: something in the site file names it."""
    return changed(shared.setup.cameras.remove(who, camera), response)


def version(if_match: str) -> str:
    """The version that a request names."""
    return if_match.removeprefix("W/").strip('"')


def changed(done: Done, response: Response) -> Changed:
    """The answer to a change, and its head."""
    response.headers["ETag"] = f'"{done.version}"'
    return Changed(change=done.change, version=done.version, restart_needed=list(done.waits))

"""`/v1/cameras`: how each camera is doing, and its admissibility."""

from __future__ import annotations

from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.access.roles import Principal
from api.access.visible import visible_cameras
from api.cases.legal_use import filed, of_device
from api.cases.parts import Words
from api.http.context import Context, Reader, Shared
from api.http.parameters import named
from api.http.problems import GUARDED, Refusal, described
from api.words.said import say
from vision.site import Camera
from vision.sources.status import CameraState, CameraStatus
from vision.view.health import View

router = APIRouter(prefix="/v1/cameras", tags=["cameras"], responses=described(*GUARDED))


class CameraView(BaseModel):
    """A camera of the site and its state; `unwatched` where no pipeline runs here.

    `device_id` is its 20-digit id by GB/T 28181, null where it has none. `analyse_fps` is how many
    looks a second are wanted.
    """

    id: str
    device_id: str | None
    type: str
    address: str
    zones: list[str]
    kinds: list[str]
    state: CameraState | Literal["unwatched"]
    view: View
    preset: str | None
    source: str | None
    error: str | None
    width: int
    height: int
    analyse_fps: float
    read: int
    analysed: int
    stood: int
    dropped: dict[str, int]
    reconnects: int
    last_frame_at: datetime | None


class CameraList(BaseModel):
    """The cameras that the key sees."""

    items: list[CameraView]


class ZoneOutline(BaseModel):
    """A zone as the site file draws it now; `polygon` in fractions of the picture.

    Where a camera has presets, it belongs to the picture of `preset`.
    """

    name: str
    preset: str | None
    polygon: list[tuple[float, float]]


class ZoneList(BaseModel):
    """The zones of a camera."""

    items: list[ZoneOutline]


class FiledAct(BaseModel):
    """One act of an admissibility file; its document by name and SHA-256."""

    by: str
    on: date
    until: date | None
    document: str | None
    sha256: str | None = Field(
        default=None, description="Null where there is no document, or it cannot be read now."
    )


class AdmissibilityFile(BaseModel):
    """A device's admissibility file: its acts and the days on which it is valid (local)."""

    legal_review: FiledAct | None
    technical_review: FiledAct | None
    sign: FiledAct | None
    published: FiledAct | None
    calibration: FiledAct | None
    valid: str


class AdmissibilityView(BaseModel):
    """What makes a camera's pictures more than a lead, and what it lacks on a day.

    `file` is null where none is kept. A case carries what its device lacked when it was seen, in
    `legal_use`; this is of `on`, today at the site.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "camera": "market-gate",
                    "on": "2026-11-27",
                    "complete": False,
                    "missing": [
                        {
                            "en": "admissibility file: sign at the place is missing",
                            "zh": "备案材料缺少现场标志设置记录",
                            "code": "lacks_sign",
                        }
                    ],
                    "file": {
                        "legal_review": {
                            "by": "法制科",
                            "on": "2026-01-05",
                            "until": None,
                            "document": "review.pdf",
                            "sha256": "ab" * 32,
                        },
                        "technical_review": None,
                        "sign": None,
                        "published": None,
                        "calibration": None,
                        "valid": "2026-01-20/2027-01-19",
                    },
                }
            ]
        }
    )

    camera: str
    on: date
    complete: bool
    missing: list[Words]
    file: AdmissibilityFile | None


@router.get("", operation_id="listCameras")
def list_cameras(shared: Shared, who: Reader) -> CameraList:
    """List the cameras with their state."""
    states = {s.camera: s for s in shared.watch.status()} if shared.watch else {}
    return CameraList(items=[_view(c, states.get(c.id)) for c in _visible(shared, who)])


@router.get(
    "/{camera}/admissibility", operation_id="getAdmissibility", responses=described(404, 422)
)
def get_admissibility(
    shared: Shared, who: Reader, camera: Annotated[str, named("market-gate")]
) -> AdmissibilityView:
    """Get a camera's admissibility file, and what it lacks today."""
    file = camera_of(shared, who, camera).admissibility
    today = datetime.now(UTC).astimezone(ZoneInfo(shared.site.site.timezone)).date()
    lacks = of_device(file, [today])
    acts = filed(file)
    return AdmissibilityView(
        camera=camera,
        on=today,
        complete=not lacks,
        missing=[Words.model_validate(words) for words in lacks],
        file=AdmissibilityFile.model_validate(acts) if acts is not None else None,
    )


@router.get("/{camera}/zones", operation_id="listZones", responses=described(404, 422))
def list_zones(
    shared: Shared, who: Reader, camera: Annotated[str, named("market-gate")]
) -> ZoneList:
    """List a camera's zones, to draw over a case's picture where the rule counted."""
    zones = camera_of(shared, who, camera).watched_zones
    return ZoneList(
        items=[
            ZoneOutline(name=zone.name, preset=zone.preset, polygon=list(zone.polygon))
            for zone in zones
        ]
    )


def camera_of(shared: Context, who: Principal, camera: str) -> Camera:
    """The camera of this id.

    Raises:
        Refusal: 404, also where somebody's scope does not hold it.
    """
    for found in _visible(shared, who):
        if found.id == camera:
            return found
    raise Refusal(HTTPStatus.NOT_FOUND, say("camera_unknown", camera=camera[:64]))


def _visible(shared: Context, who: Principal) -> list[Camera]:
    return visible_cameras(shared.site, who)


def _view(camera: Camera, status: CameraStatus | None) -> CameraView:
    zones = camera.watched_zones
    return CameraView(
        id=camera.id,
        device_id=camera.gb_id,
        type=camera.type,
        address=camera.place.address if camera.place else "",
        zones=[zone.name for zone in zones],
        kinds=sorted({kind for zone in zones for kind in zone.watch}),
        state=status.state if status else "unwatched",
        view=status.view if status else View.CLEAR,
        preset=status.preset if status else None,
        source=status.source if status else None,
        error=status.error if status else None,
        width=status.width if status else 0,
        height=status.height if status else 0,
        analyse_fps=camera.analyse_fps,
        read=status.read if status else 0,
        analysed=status.analysed if status else 0,
        stood=status.reused if status else 0,
        dropped=dict(status.dropped) if status else {},
        reconnects=status.reconnects if status else 0,
        last_frame_at=status.last_frame_at if status else None,
    )

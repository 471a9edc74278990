"""`/v1/cameras`: how each camera is doing, and what it sees now, masked."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from api.access.roles import Principal
from api.http.context import Context, Reader, Shared
from api.http.parameters import named
from api.http.problems import GUARDED, Refusal, described
from vision.site import Camera
from vision.sources.status import CameraState, CameraStatus
from vision.view.health import View

router = APIRouter(prefix="/v1/cameras", tags=["cameras"], responses=described(*GUARDED))


class CameraView(BaseModel):
    """A camera of the site and its state; `unwatched` where no pipeline runs here."""

    id: str
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
    read: int
    analysed: int
    stood: int
    dropped: dict[str, int]
    reconnects: int
    last_frame_at: datetime | None


class CameraList(BaseModel):
    """The cameras that the key sees."""

    items: list[CameraView]


@router.get("", operation_id="listCameras")
def list_cameras(shared: Shared, who: Reader) -> CameraList:
    """List the cameras with their state."""
    states = {s.camera: s for s in shared.watch.status()} if shared.watch else {}
    return CameraList(items=[_view(c, states.get(c.id)) for c in _visible(shared, who)])


@router.get(
    "/{camera}/snapshot",
    operation_id="getSnapshot",
    response_class=Response,
    responses={
        200: {
            "description": "The latest picture, people and plates masked.",
            "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
        },
        **described(404, 422),
    },
)
def get_snapshot(
    shared: Shared, who: Reader, camera: Annotated[str, named("market-gate")]
) -> Response:
    """Get what a camera sees now, masked."""
    if camera not in {c.id for c in _visible(shared, who)}:
        raise Refusal(HTTPStatus.NOT_FOUND, f"no camera {camera[:64]!r} is known to this key")
    picture = shared.watch.snapshot(camera) if shared.watch else None
    if picture is None:
        raise Refusal(HTTPStatus.NOT_FOUND, f"camera {camera} has given no picture yet")
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


def _visible(shared: Context, who: Principal) -> list[Camera]:
    return [c for c in shared.site.cameras if who.sees_camera(c.id)]


def _view(camera: Camera, status: CameraStatus | None) -> CameraView:
    zones = camera.watched_zones
    return CameraView(
        id=camera.id,
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
        read=status.read if status else 0,
        analysed=status.analysed if status else 0,
        stood=status.reused if status else 0,
        dropped=dict(status.dropped) if status else {},
        reconnects=status.reconnects if status else 0,
        last_frame_at=status.last_frame_at if status else None,
    )

"""`/v1/cameras/probe`: what an address sends, before a camera is added with it."""

from __future__ import annotations

import base64
from http import HTTPStatus
from pathlib import Path
from threading import BoundedSemaphore

import cv2
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.http.context import Context, Shared
from api.http.problems import GUARDED, WRITING, Refusal, described
from api.http.routes.setup import Installer
from api.setup.given import check_given
from api.setup.pen import see_all
from api.words.said import say
from vision.errors import SourceError
from vision.gateways.opening import open_camera
from vision.site import Camera
from vision.sources.address import SourceKind, parse_address
from vision.sources.probe import Probed, probe

router = APIRouter(prefix="/v1", tags=["setup"], responses=described(*GUARDED))
WIDTH = 320
"""Pixels that the picture is wide: nobody has masked it, and nobody is known again in it."""
_PATHS = frozenset((SourceKind.FILE, SourceKind.FOLDER, SourceKind.PICTURE))
_AT_ONCE = BoundedSemaphore(2)
"""Each opens a connection and a decoder, and takes a request's thread for seconds."""


class ProbeRequest(BaseModel):
    """An address as a camera's `source`, and the networks it may lead to, as its `allow`."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"source": "rtsp://10.0.0.7/stream1"}]}
    )

    source: str = Field(min_length=1, max_length=2000)
    allow: list[str] = Field(default=[], max_length=64)


class ProbeView(BaseModel):
    """What the address sends: its first picture's size, codec and stated frames per second.

    `picture` is a JPEG in Base64, small, since nobody has masked it; nothing of it is kept.
    """

    kind: SourceKind
    width: int
    height: int
    codec: str | None
    fps: float | None
    trouble: str | None = Field(description="What is wrong although pictures come.")
    picture: str


@router.post("/cameras/probe", operation_id="probeSource", responses=described(409, *WRITING))
def probe_source(shared: Shared, who: Installer, given: ProbeRequest) -> ProbeView:
    """Open an address once, as a camera's would be. 422: why it gives no picture."""
    see_all(who)
    check_given(given.model_dump(), None)
    try:
        wanted = {"id": "probe", "source": _found(shared, given.source), "allow": given.allow}
        camera = Camera.model_validate(wanted)
        camera.find_gateway(shared.site.gateways)
    except ValidationError as error:
        raise _failed("; ".join(one["msg"] for one in error.errors(include_input=False))) from None
    except ValueError as error:  # of a gateway that its source names
        raise _failed(str(error)) from None
    except RuntimeError:  # `~somebody`
        raise _failed("nobody here has that name; write the path out") from None
    if not _AT_ONCE.acquire(blocking=False):
        raise Refusal(HTTPStatus.CONFLICT, say("probe_busy"))
    try:
        return _view(probe(camera, open_camera))
    except SourceError as error:
        raise _failed(str(error)) from None
    finally:
        _AT_ONCE.release()


def _found(shared: Context, source: str) -> str:
    """A source as the site file means it: paths are relative to its folder."""
    file = shared.setup.file
    if file is None or parse_address(source).kind not in _PATHS:
        return source
    return str(file.path.parent / Path(source).expanduser())


def _failed(why: str) -> Refusal:
    return Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, say("probe_failed", why=why))


def _view(found: Probed) -> ProbeView:
    height, width = found.pixels.shape[:2]
    size = (min(WIDTH, width), max(1, round(height * min(WIDTH, width) / width)))
    small = cv2.resize(found.pixels, size, interpolation=cv2.INTER_AREA)
    return ProbeView(
        kind=found.kind,
        width=width,
        height=height,
        codec=found.codec,
        fps=found.fps,
        trouble=found.trouble,
        picture=base64.b64encode(cv2.imencode(".jpg", small)[1].tobytes()).decode(),
    )

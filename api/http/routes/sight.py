"""`/v1/cameras/{id}/snapshot`, `/sight`, `/test`: what a camera sees, and would be found in it."""

from __future__ import annotations

import asyncio
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Query, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from api.http.context import Drawer, Reader, Shared
from api.http.parameters import Name, named
from api.http.problems import GUARDED, WRITING, Refusal, described
from api.http.routes.cameras import camera_of
from api.monitoring.sight import SightView, TrialView
from api.monitoring.viewers import LONGEST_S, TooManyViewers
from api.words.said import Mistaken, Said, say
from vision.errors import NotWatched, SiteError, TrialRuns
from vision.geo.errors import PlaceError
from vision.mistakes.wrong import said_of
from vision.site import Camera, Site
from vision.site.proposal import ProposalRefused, proposed
from vision.site.yaml_tree import Where
from vision.trial import LONGEST_S as LONGEST_TRIAL_S

router = APIRouter(prefix="/v1/cameras", tags=["cameras"], responses=described(*GUARDED))

CameraId = Annotated[str, named("market-gate")]
_LARGEST = 2**53 - 1
"""The largest whole number that every reader of JSON takes for itself."""
_ANSWER_S = 10.0
"""Seconds beside the trial's own: the start of its process, unpacking, and a worker's pipe."""
_TRIED = ("zones", "ground", "privacy", "presets", "permits", "settings")
Corners = list[list[FiniteFloat]]


class TrialRequest(BaseModel):
    """A camera's setup as it would be, in the site file's terms; what is left out stays as it is.

    Of the camera: `zones`, `ground` (null for none), `privacy`, which changes nothing of what rules
    find, and `presets`, which keep their pictures. Of the site: `permits`, all of them, and
    `settings`, the `defaults` of these kinds. `preset`: only looks that show it are tried.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {},
                {
                    "zones": [
                        {
                            "name": "north pavement",
                            "polygon": [[0.1, 0.6], [0.9, 0.6], [0.9, 0.95], [0.1, 0.95]],
                            "watch": ["street_vending"],
                            "hours": ["Mon-Sun 06:00-23:00"],
                        }
                    ],
                    "settings": {"street_vending": {"dwell": "10m"}},
                },
            ]
        },
    )

    zones: list[dict[str, Any]] = Field(default_factory=list)
    ground: Corners | None = None
    privacy: list[Corners] = Field(default_factory=list)
    presets: list[dict[str, Any]] = Field(default_factory=list)
    permits: list[dict[str, Any]] = Field(default_factory=list)
    settings: dict[str, dict[str, Any]] = Field(default_factory=dict)
    preset: Name | None = None


@router.get(
    "/{camera}/snapshot",
    operation_id="getSnapshot",
    response_class=Response,
    responses={
        200: {
            "description": "The picture, people and plates masked.",
            "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
            "headers": {"X-Look": {"description": "Its number.", "schema": {"type": "integer"}}},
        },
        204: {"description": "No other look than `after` within `wait`."},
        **described(404, 422),
    },
)
async def get_snapshot(
    shared: Shared,
    who: Reader,
    camera: CameraId,
    *,
    after: Annotated[
        int | None,
        Query(ge=0, le=_LARGEST, description="`X-Look` of the last one: not that one again."),
    ] = None,
    wait: Annotated[
        float, Query(ge=0, le=LONGEST_S, description="Seconds to wait for the next look.")
    ] = 0.0,
    clean: Annotated[bool, Query(description="Masked, without the boxes.")] = False,
) -> Response:
    """Get what a camera sees now, masked; or, with `after` and `wait`, what it sees next."""
    camera_of(shared, who, camera)
    picture = None
    if shared.watch is not None:
        try:
            picture = await shared.viewers.picture(
                shared.watch, camera, after=after, wait_s=wait, clean=clean
            )
        except TooManyViewers:
            raise Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE,
                say("viewers_too_many"),
                {"Retry-After": "1"},
            ) from None
    if picture is not None:
        headers = {"Cache-Control": "no-store", "X-Look": str(picture.look)}
        return Response(picture.jpeg, media_type="image/jpeg", headers=headers)
    if after is None and not wait:
        raise Refusal(HTTPStatus.NOT_FOUND, say("camera_without_picture", camera=camera))
    return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Cache-Control": "no-store"})


@router.get("/{camera}/sight", operation_id="getSight", responses=described(404, 422))
def get_sight(shared: Shared, who: Reader, camera: CameraId) -> SightView:
    """Get what a camera sees now and its rules have under way, with their clocks."""
    camera_of(shared, who, camera)
    try:
        seen = shared.watch.sight(camera) if shared.watch is not None else None
    except NotWatched as error:
        raise Refusal(HTTPStatus.NOT_FOUND, _unwatched(camera, error)) from error
    if seen is None:
        raise Refusal(HTTPStatus.NOT_FOUND, say("camera_not_looked_at", camera=camera))
    return SightView.of(seen, who.sees_kind)


@router.post("/{camera}/test", operation_id="testSetup", responses=described(404, 409, *WRITING))
async def test_setup(
    shared: Shared, who: Drawer, camera: CameraId, request: TrialRequest
) -> TrialView:
    """Try a setup on the last hour's looks, beside the one in force; nothing is stored."""
    found = camera_of(shared, who, camera)
    watch = shared.watch
    if watch is None:
        raise Refusal(HTTPStatus.CONFLICT, say("trial_without_looks"))
    site = await anyio.to_thread.run_sync(partial(_proposed, shared.site, found, request))
    try:
        ask = partial(watch.try_out, camera, site, request.preset)
        coming = await anyio.to_thread.run_sync(ask)
        async with asyncio.timeout(LONGEST_TRIAL_S + _ANSWER_S):
            return TrialView.of(await asyncio.wrap_future(coming), who.sees_kind)
    except NotWatched as error:
        raise Refusal(HTTPStatus.CONFLICT, _unwatched(camera, error)) from error
    except TrialRuns as error:
        raise Refusal(HTTPStatus.CONFLICT, say("trial_runs", camera=camera)) from error
    except (SiteError, PlaceError) as error:
        mistakes = [Mistaken("/body", said_of(error))]
        said = say("trial_refused", why=str(error))
        raise Refusal(HTTPStatus.CONFLICT, said, mistakes=mistakes) from error
    except TimeoutError:
        raise Refusal(
            HTTPStatus.SERVICE_UNAVAILABLE,
            say("trial_late"),
            {"Retry-After": "60"},
        ) from None


def _proposed(site: Site, camera: Camera, request: TrialRequest) -> Site:
    given = request.model_dump(include=set(_TRIED), exclude_unset=True)
    mistakes: list[tuple[Where, Said]] = []
    try:
        made = proposed(site, camera, given)
        presets = [p.name for one in made.cameras if one.id == camera.id for p in one.presets]
        if request.preset not in {None, *presets}:
            mistakes = [(("preset",), say("preset_unknown", camera=camera.id))]
    except ProposalRefused as no:
        made, mistakes = site, no.mistakes
    if mistakes:
        raise RequestValidationError([_invalid(at, what) for at, what in mistakes])
    return made


def _invalid(at: Where, what: Said) -> dict[str, Any]:
    """A mistake as pydantic tells one of a validator's."""
    ctx = {"error": ValueError(what)}
    return {"loc": ("body", *at), "msg": what, "type": "value_error", "ctx": ctx}


def _unwatched(camera: str, error: NotWatched) -> Said:
    return say("camera_not_watched", camera=camera, why=str(error))

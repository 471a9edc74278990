"""`/healthz`, `/readyz`, `/metrics`: for supervisors and Prometheus, open to whoever reaches them.

They name cameras, receivers and counts, but no place, picture, address, path or credential; the
details of `/readyz` are for an admin's or auditor's key. None of them waits for a request worker:
they are answered by the event loop and by threads of their own.
"""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from api.access.roles import Principal
from api.access.visible import visible_cameras
from api.http.context import Shared
from api.http.doorkeeper import address_of, bearer
from api.http.problems import Refusal, described
from api.monitoring.health import Readiness, unanswered
from api.words.said import say

PATIENCE_S = 3.0
"""Seconds for the checks: less than a supervisor's usual time-out of 5 s or more."""
SCRAPE_S = 8.0
"""Seconds for the metrics: less than Prometheus's usual `scrape_timeout` of 10 s."""
router = APIRouter(tags=["health"])


class Alive(BaseModel):
    """The process answers."""

    alive: bool = True


@router.get("/healthz", operation_id="getHealth")
async def get_health() -> Alive:
    """Say that the process answers."""
    return Alive()


@router.get(
    "/readyz",
    operation_id="getReadiness",
    responses={503: {"model": Readiness, "description": "Not ready; the checks say why."}},
)
async def get_readiness(shared: Shared, request: Request, response: Response) -> Readiness:
    """Say whether the server can do its work, and to an operator's key why not."""
    found = await shared.readiness.ask(PATIENCE_S) or unanswered(PATIENCE_S)
    response.status_code = 200 if found.ready else 503
    response.headers["Cache-Control"] = "no-store"
    who = _operator(shared, request)
    seen = [c.id for c in visible_cameras(shared.site, who)] if who is not None else []
    return found.told_to(who, seen)


@router.get(
    "/metrics",
    operation_id="getMetrics",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        **described(503),
    },
)
async def get_metrics(shared: Shared) -> Response:
    """Get metrics in the Prometheus text format."""
    found = await shared.metrics.ask(SCRAPE_S)
    if found is None:
        raise Refusal(
            HTTPStatus.SERVICE_UNAVAILABLE,
            say("metrics_late", seconds=f"{SCRAPE_S:g}"),
        )
    return Response(found, media_type=CONTENT_TYPE_LATEST)


def _operator(shared: Shared, request: Request) -> Principal | None:
    key = bearer(request.scope)
    if key is None:
        return None
    who = shared.keys.recall(key)
    if who is None:
        shared.doors.wrong.count(address_of(request.scope))
    return who

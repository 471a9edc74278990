"""`/healthz`, `/readyz`, `/metrics`: for supervisors and Prometheus, open to whoever reaches them.

They name cameras and counts but no place, picture, address or credential.
"""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from api.http.context import Shared
from api.monitoring.health import Readiness, readiness
from api.monitoring.metrics import registry

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    """The process answers."""

    alive: bool = True


@router.get("/healthz", operation_id="getHealth")
def get_health() -> Alive:
    """Say that the process answers."""
    return Alive()


@router.get(
    "/readyz",
    operation_id="getReadiness",
    responses={503: {"model": Readiness, "description": "Not ready; the checks say why."}},
)
def get_readiness(shared: Shared, response: Response) -> Readiness:
    """Say whether the server can do its work, and why not."""
    found = readiness(shared)
    response.status_code = 200 if found.ready else 503
    response.headers["Cache-Control"] = "no-store"
    return found


@router.get(
    "/metrics",
    operation_id="getMetrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def get_metrics(shared: Shared) -> Response:
    """Get metrics in the Prometheus text format."""
    return Response(generate_latest(registry(shared)), media_type=CONTENT_TYPE_LATEST)

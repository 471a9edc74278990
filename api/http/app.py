"""The API as one FastAPI app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

import anyio
from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from api import console
from api.access.keys import KeyStore
from api.cases.store import CaseStore
from api.delivery.events import CloudEvent
from api.delivery.worker import Outbox
from api.http import problems
from api.http.context import Context
from api.http.guards import Guards
from api.http.routes import cameras, cases, health, media, webhooks
from api.http.routes import site as site_routes
from api.monitoring.watch import Watch
from api.storage.database import Database
from vision.evidence.store import EvidenceStore
from vision.site import Site

_ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    site_routes.router,
    cases.router,
    media.router,
    cameras.router,
    webhooks.router,
)


def create_app(
    site: Site,
    database: Database,
    evidence: EvidenceStore,
    *,
    watch: Watch | None = None,
    outbox: Outbox | None = None,
) -> FastAPI:
    """The app of one site; its lifespan runs the outbox worker.

    Args:
        site: cameras, receivers, language.
        database: opened; the caller closes it after the app has ended.
        evidence: where the pictures are.
        watch: the running pipeline; None for a review server without one.
        outbox: a worker with other settings than the default ones.

    Raises:
        SiteError: a webhook's secret cannot be used.
    """
    worker = outbox or Outbox(database, site)
    shared = Context(
        site=site,
        database=database,
        evidence=evidence,
        watch=watch,
        keys=KeyStore(database),
        cases=CaseStore(database, site),
        outbox=worker,
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await anyio.to_thread.run_sync(worker.start)
        try:
            yield
        finally:
            await anyio.to_thread.run_sync(worker.stop)

    app = FastAPI(
        title="Streetwarden",
        version=version("streetwarden"),
        summary="Cases of non-contact city-management enforcement: review, evidence, webhooks.",
        license_info={"name": "AGPL-3.0-only", "identifier": "AGPL-3.0-only"},
        lifespan=lifespan,
        # The stock documentation pages load scripts from elsewhere; /openapi.json says it all.
        docs_url=None,
        redoc_url=None,
    )
    app.state.context = shared
    problems.install(app)
    app.add_middleware(Guards)
    for router in _ROUTERS:
        app.include_router(router)
    app.include_router(console.page(site))
    app.mount("/static", console.static())
    _describe(app)
    return app


def _describe(app: FastAPI) -> None:
    """Complete the OpenAPI document: problem details, and the webhook's own operation."""

    def post(body: CloudEvent) -> None:
        """A case was confirmed, cleared, ended, reopened or rejected.

        Signed after Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`);
        sent at least once, in order per case; answer 2xx to accept, 410 to be disabled.
        """

    app.webhooks.post("case", operation_id="receiveCase", tags=["webhooks"])(post)

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title,
                version=app.version,
                openapi_version=app.openapi_version,
                summary=app.summary,
                license_info=app.license_info,
                routes=app.routes,
                webhooks=app.webhooks.routes,
            )
            schemas = document["components"]["schemas"]
            template = "#/components/schemas/{model}"
            problem = problems.Problem.model_json_schema(ref_template=template)
            schemas.update(problem.pop("$defs", {}))
            schemas["Problem"] = problem
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]

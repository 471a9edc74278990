"""OpenAPI: what the document says besides the routes, problem details and the webhook."""

from __future__ import annotations

from threading import Lock
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from api.delivery.events import CloudEvent
from api.http.problems import Problem


def describe(app: FastAPI) -> None:
    """Complete the OpenAPI document: problem details, and the webhook's own operation."""

    def post(body: CloudEvent) -> None:
        """What became of a case: a person's decision, what cameras saw, a step of its life.

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
                servers=app.servers or None,
            )
            schemas = document["components"]["schemas"]
            template = "#/components/schemas/{model}"
            problem = Problem.model_json_schema(ref_template=template)
            schemas.update(problem.pop("$defs", {}))
            schemas["Problem"] = problem
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
    one_at_a_time = Lock()

    # In a worker's thread: FastAPI's own route would hold up all requests for seconds.
    @app.get("/openapi.json", include_in_schema=False)
    def document() -> JSONResponse:
        with one_at_a_time:
            return JSONResponse(openapi())

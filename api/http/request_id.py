"""RequestIds: a name for each request, in its answer, in its problem details and in every log line.

A proxy that is trusted (`FORWARDED_ALLOW_IPS`) may give it as `X-Request-Id`, so that its log and
ours can be read together; nobody else's is believed, since it goes into logs.
"""

from __future__ import annotations

import logging
import re
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from vision.logs import REQUEST
from vision.printable import printable

LOG = logging.getLogger("streetwarden.requests")
HEADER = "X-Request-Id"
_GIVEN = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class RequestIds:
    """ASGI middleware around all others and around what believes a proxy's headers.

    Args:
        app: the rest.
        trusted: addresses and networks of proxies, as uvicorn reads them.
    """

    def __init__(self, app: ASGIApp, trusted: str) -> None:
        self._app = ProxyHeadersMiddleware(app, trusted_hosts=trusted)  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request through under its id, and log what became of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)  # type: ignore[arg-type]
            return
        peer = str((scope.get("client") or ("",))[0])
        given = Headers(scope=scope).get(HEADER, "")
        trusted = peer in self._app.trusted_hosts and _GIVEN.fullmatch(given)
        request = given if trusted else new_id()
        status, began = 0, time.monotonic()

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request
            await send(message)

        token = REQUEST.set(request)
        try:
            await self._app(scope, receive, named)  # type: ignore[arg-type]
        finally:
            ms = (time.monotonic() - began) * 1000
            client = str((scope.get("client") or ("",))[0])
            # Without the query, which may hold what is looked for.
            path = printable(scope["path"])
            LOG.info("%s %s %s %d %.0f ms", client, scope["method"], path, status, ms)
            REQUEST.reset(token)


def new_id() -> str:
    """An id that nobody has had before."""
    return secrets.token_hex(8)

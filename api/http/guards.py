"""Guards: limits on request bodies (size, time), and security headers on every answer."""

from __future__ import annotations

import re

import anyio
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import problem
from api.words.said import say
from vision.site.console import tile_origin

LARGEST_BODY = 64 * 1024
"""Bytes; a review is under 3 KiB."""
LARGEST_SETUP = 2**20
"""Bytes of what is drawn for cameras, some 50,000 points; the site file takes twice as much."""
_SETUP = ("/v1/cameras", "/v1/registers/")
_STREAMED = re.compile(r"/v1/audits/[^/]+/files/[^/]+")
"""What is appended to an upload is written as it comes; its route bounds it."""
LONGEST_BODY_S = 20.0
"""Seconds for a whole body: 64 KiB at 26 kbit/s."""
# No inline script, no other origin: what a hostile camera name could smuggle in never runs. No form
# is sent anywhere either (`form-action`): the page's script signs in, so a smuggled form leads
# nowhere with a password. Pictures alone may come from where the site has its map tiles.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:{tiles}; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "media-src blob:; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_TLS_FOR_A_YEAR = "max-age=31536000"
"""Of this host alone: others of the city's may have no TLS."""


class Guards:
    """ASGI middleware: security headers on every answer.

    Args:
        app: whose answers they are.
        url: the site's address from outside; where that is HTTPS, browsers are told to keep to it.
        tiles: address of the site's map tiles, empty where it has none.
    """

    def __init__(self, app: ASGIApp, url: str = "", tiles: str = "") -> None:
        self._app = app
        self._policy = _POLICY.format(tiles=f" {tile_origin(tiles)}" if tiles else "")
        self._tls = url.startswith("https://")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request through."""
        added = {"Content-Security-Policy": self._policy, **_HEADERS}
        if self._tls or scope.get("scheme") == "https":
            added["Strict-Transport-Security"] = _TLS_FOR_A_YEAR
        if scope.get("path", "").startswith("/v1/"):
            added["Cache-Control"] = "no-store"  # cases and pictures are nobody's on a disk

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in added.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, guarded if scope["type"] == "http" else send)


class BodyLimit:
    """ASGI middleware: 413 for large bodies, 408 for slow ones."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request through once its whole body is here."""
        if scope["type"] == "http" and scope["method"] in {"POST", "PUT", "PATCH"}:
            if scope["method"] == "PATCH" and _STREAMED.fullmatch(scope["path"]):
                return await self._app(scope, receive, send)
            limit = LARGEST_SETUP if scope["path"].startswith(_SETUP) else LARGEST_BODY
            try:
                with anyio.fail_after(LONGEST_BODY_S):
                    body = await _body(scope, receive, limit)
            except TimeoutError:
                detail = say("body_late", seconds=f"{LONGEST_BODY_S:g}")
                answer = problem(408, detail, {"Connection": "close"})
                return await answer(scope, receive, send)
            if body is None:
                detail = say("body_large", most=limit)
                return await problem(413, detail)(scope, receive, send)
            receive = replayed(body, receive)
        return await self._app(scope, receive, send)


async def _body(scope: Scope, receive: Receive, limit: int) -> bytes | None:
    """The whole body; None as soon as it is known to be too large."""
    declared = dict(scope["headers"]).get(b"content-length", b"")
    if declared.isdigit() and int(declared) > limit:
        return None
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body", False):
            return body


def replayed(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read once more."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return messages.pop() if messages else await receive()

    return replayed

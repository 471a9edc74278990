"""Prefix: the path prefix under which a reverse proxy serves this app, such as `/streetwarden`."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send


def path_of(url: str) -> str:
    """The path of the site's `url`, without a slash at its end; empty for none."""
    return urlsplit(url).path.rstrip("/")


class Prefix:
    """ASGI middleware: serves under the path of the site's `url` what is served at the root.

    So it does not matter whether the proxy takes the path away before it asks, as nginx does where
    `proxy_pass` ends with a slash, and the page works at both addresses.
    """

    def __init__(self, app: ASGIApp, url: str) -> None:
        self._app = app
        self._path = path_of(url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request through, without the path."""
        if self._path and scope["type"] == "http":
            path = scope["path"]
            if path == self._path or path.startswith(f"{self._path}/"):
                scope = {**scope, "path": path[len(self._path) :] or "/"}
        await self._app(scope, receive, send)

"""The console page: static files, joined as the server starts; no build step."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from api.console.joined import joined_script, joined_style
from vision.site import Site

FOLDER = Path(str(files("api").joinpath("console")))
_STYLE = re.compile(r'<link rel="stylesheet" href="static/([^"]+)">\n')
_FOR_EVER = "public, max-age=31536000, immutable"
"""Of what has its hash in its name."""


def page(site: Site, path: str) -> APIRouter:
    """`GET /`: the page in the site's language; `path` is the one under which a proxy shows it."""
    router = APIRouter()
    html, parts = _joined()
    oidc = "" if site.access.oidc is None else " data-oidc"
    html = html.replace('<html lang="zh">', f'<html lang="{site.site.language}"{oidc}>')
    # Behind a proxy that the site file does not tell of, the page's own address leads to its files.
    html = html.replace('="static/', f'="{path}/static/') if path else html

    @router.get("/", include_in_schema=False)
    def index() -> HTMLResponse:
        return HTMLResponse(html, headers={"Cache-Control": "no-cache"})

    for part in parts:
        router.get(f"/static/{part.name}", include_in_schema=False)(part.answer)
    return router


def static() -> StaticFiles:
    """The page's icon and libraries, and what was joined as it was written."""
    return StaticFiles(directory=FOLDER / "static")


@dataclass(frozen=True)
class _Joined:
    """One file of all of a kind, under a name that changes with what it holds."""

    name: str
    media_type: str
    content: bytes
    packed: bytes

    @classmethod
    def of(cls, text: str, ending: str, media_type: str) -> _Joined:
        content = text.encode()
        name = f"console-{sha256(content).hexdigest()[:16]}.{ending}"
        return cls(name, media_type, content, gzip.compress(content, mtime=0))

    async def answer(self, request: Request) -> Response:
        packs = "gzip" in request.headers.get("accept-encoding", "")
        headers = {"Cache-Control": _FOR_EVER, "Vary": "Accept-Encoding"}
        headers |= {"Content-Encoding": "gzip"} if packs else {}
        content = self.packed if packs else self.content
        return Response(content, media_type=self.media_type, headers=headers)


@cache
def _joined() -> tuple[str, tuple[_Joined, _Joined]]:
    """The page, whose styles and scripts are one file each, and these."""
    html = (FOLDER / "index.html").read_text(encoding="utf-8")
    folder = FOLDER / "static"
    style = _Joined.of(joined_style(folder, _STYLE.findall(html)), "css", "text/css")
    script = _Joined.of(joined_script(folder), "js", "text/javascript")
    html = _STYLE.sub("", html).replace("static/app.js", f"static/{script.name}")
    html = html.replace("</head>", f'<link rel="stylesheet" href="static/{style.name}">\n</head>')
    return html, (style, script)

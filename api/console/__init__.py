"""The console page: static files, no build step."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from vision.site import Site

FOLDER = Path(str(files("api").joinpath("console")))


def page(site: Site, path: str) -> APIRouter:
    """`GET /`: the page in the site's language; `path` is the one under which a proxy shows it."""
    router = APIRouter()
    html = (FOLDER / "index.html").read_text(encoding="utf-8")
    html = html.replace("<!-- preloads -->", _preloads())
    oidc = "" if site.access.oidc is None else " data-oidc"
    html = html.replace('<html lang="zh">', f'<html lang="{site.site.language}"{oidc}>')
    # Behind a proxy that the site file does not tell of, the page's own address leads to its files.
    html = html.replace('="static/', f'="{path}/static/') if path else html

    @router.get("/", include_in_schema=False)
    def index() -> HTMLResponse:
        return HTMLResponse(html, headers={"Cache-Control": "no-cache"})

    return router


def static() -> StaticFiles:
    """The page's style, scripts and icon."""
    return StaticFiles(directory=FOLDER / "static")


def _preloads() -> str:
    """What the first page imports, asked for at once instead of one behind the other."""
    here = FOLDER / "static"
    first = [here / "vendor" / "lit-html" / "lit-html.js", *sorted(here.glob("*.js"))]
    for folder in ("core", "words", "stage", "pages/review"):
        first += sorted((here / folder).glob("*.js"))
    names = (path.relative_to(here).as_posix() for path in first)
    return "\n".join(f'<link rel="modulepreload" href="static/{name}">' for name in names)

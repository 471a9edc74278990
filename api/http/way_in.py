"""WayIn: how a route lets in. By default with a key or a session; a route may declare its own way.

    @router.post("/in", openapi_extra=lets_in(WayIn.SIGNATURE))

The doorkeeper then lets a request without a key through, and the route itself has to find out who
asks: `api.http.doorkeeper.asking_or_nobody` gives the holder of a key that came along all the same.
`tests/api/access/test_every_door.py` knows which route has which way, from the table of routes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

_MARK = "x-way-in"


class WayIn(StrEnum):
    """How a route finds out who asks."""

    KEY = "key"
    """With an access key, or a session's cookie: the doorkeeper has refused all others."""
    PASSWORD = "password"  # noqa: S105 - a word
    """With a user name and a password, or back from the identity provider."""
    NOBODY = "nobody"
    """Not at all: it is for anybody, and nothing private is in it."""
    SIGNATURE = "signature"
    """With a body that is signed, or with a key."""


def lets_in(way: WayIn) -> dict[str, Any]:
    """What a route declares in its `openapi_extra`."""
    return {_MARK: way.value}


def way_of(route: APIRoute) -> WayIn:
    """How this route lets in."""
    return WayIn((route.openapi_extra or {}).get(_MARK, WayIn.KEY))


def routes_of(routers: Iterable[APIRouter]) -> Iterator[APIRoute]:
    """Every route of these routers."""
    for router in routers:
        yield from (route for route in router.routes if isinstance(route, APIRoute))


def methods_at(request: Request) -> list[str]:
    """Every method that is served at a request's path; the framework names one route's alone."""
    routes = list(routes_of(getattr(request.app.state, "routers", ())))
    path = request.scope["path"]
    first = next((route.path for route in routes if route.path_regex.match(path)), None)
    return sorted({m for route in routes if route.path == first for m in route.methods or ()})


class OwnWays:
    """The routes that let in otherwise than with a key."""

    def __init__(self, routers: Iterable[APIRouter]) -> None:
        self._routes = [r for r in routes_of(routers) if way_of(r) is not WayIn.KEY]

    def way(self, scope: Scope) -> WayIn:
        """Which of them a request is for; `WayIn.KEY` for none."""
        found = (way_of(route) for route in self._routes if route.matches(scope)[0] is Match.FULL)
        return next(found, WayIn.KEY)

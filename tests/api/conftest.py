"""Fixtures of the API's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.access.roles import Role
from api.http.app import create_app
from tests.api.world import World, make_site, make_world, served


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A site without webhooks."""
    made = make_world(make_site(tmp_path))
    yield made
    made.database.close()


Client = Callable[..., httpx.Client]


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    """`client(Role.ADMIN, cameras=[…])`: an HTTP client with a key of that role and scope."""
    clients: list[httpx.Client] = []
    with served(create_app(world.site, world.database, world.evidence)) as address:

        def make(role: Role | None = None, **scope: Any) -> httpx.Client:
            headers = {"Authorization": f"Bearer {world.key(role, **scope)}"} if role else {}
            clients.append(httpx.Client(base_url=address, headers=headers, trust_env=False))
            return clients[-1]

        yield make
        for opened in clients:
            opened.close()

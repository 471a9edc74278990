"""A served site with a real site file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.access.roles import Role
from api.cases.intake import CaseIntake
from api.delivery.events import Announcer
from api.http.app import create_app
from api.http.context import Context
from api.setup.following import Following
from api.setup.site_file import SiteFile
from api.site_in_force import SiteInForce
from tests.api.access.test_every_door import Watching
from tests.api.world import DETECTOR, World, make_world, served
from vision.site import Site
from vision.site.file import load_site

SECRET = "whsec_c3RyZWV0d2FyZGVuLXRlc3Qtc2VjcmV0LTEyMw=="
PASSWORD = "s3cret/pass"
TEXT = f"""\
# East district
site: {{name: 城东, division: "421303", language: en}}   # who we are
storage: {{database: sqlite:///cases.db, evidence: evidence}}
review: {{undo: 0s}}
cameras:
  # the first one
  - id: gate
    source: rtsp://admin:{PASSWORD}@10.0.0.5/stream1
    analyse_fps: 1
    place: {{lon: 113.38, lat: 31.71, address: "${{GATE_ADDRESS}}", division: "421303001"}} # x
    zones:
      - name: north          # drawn by Li
        polygon: [[0.1, 0.6], [0.9, 0.6], [0.9, 0.95]]
        watch: [street_vending]
  - {{id: yard, source: yard.mp4}}
webhooks:
  - name: main
    url: http://127.0.0.1:9/in
    secret: {SECRET}
"""


class Changeable(Watching):
    """A pipeline that notes what it is to watch."""

    def __init__(self) -> None:
        self.applied: list[Site] = []

    def apply(self, site: Site) -> None:
        self.applied.append(site)


@dataclass
class Town:
    """A site file, its world and its server."""

    path: Path
    world: World
    in_force: SiteInForce
    watch: Any
    address: str
    following: Following
    clients: list[httpx.Client] = field(default_factory=list)

    def client(self, role: Role = Role.ADMIN, **scope: Any) -> httpx.Client:
        """An HTTP client with a key of this role and scope."""
        headers = {"Authorization": f"Bearer {self.world.key(role, **scope)}"}
        made = httpx.Client(base_url=self.address, headers=headers, trust_env=False, timeout=60)
        self.clients.append(made)
        return made

    @property
    def text(self) -> str:
        """What the file holds."""
        return self.path.read_text("utf-8")

    def edit(self, text: str) -> None:
        """Edit it by hand, and let it rest until it is noticed."""
        self.path.write_text(text, "utf-8")
        later = self.path.stat().st_mtime_ns + 1_000_000
        os.utime(self.path, ns=(later, later))
        self.following.look()
        self.following.look()


Found = Callable[..., Town]


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Found]:
    """`found(text, database=…, watch=…, path=…)`: a town that is served, quiet but for requests."""
    monkeypatch.setenv("GATE_ADDRESS", "解放路12号")
    # The tests look themselves.
    monkeypatch.setattr(Following, "start", lambda _self: None)
    with ExitStack() as stack:

        def make(
            text: str = TEXT,
            *,
            database: str | None = None,
            watch: Any = None,
            path: Path | None = None,
        ) -> Town:
            path = path or tmp_path / "site.yaml"
            if text:
                path.write_text(text, "utf-8")
            world = make_world(load_site(path), database)
            stack.callback(world.database.close)
            in_force = SiteInForce(world.site)
            world.intake = CaseIntake(
                world.database, in_force, DETECTOR, Announcer(world.site).announce
            )
            app = create_app(
                in_force, world.database, world.evidence, watch=watch, file=SiteFile(path)
            )
            context = app.state.context
            assert isinstance(context, Context)
            following = context.setup.following
            assert following is not None
            address = stack.enter_context(served(app))
            town = Town(path, world, in_force, watch, address, following)
            stack.callback(lambda: [client.close() for client in town.clients])
            following.look()  # the first look waits for the file to rest
            following.look()
            return town

        yield make

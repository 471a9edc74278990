"""Every operation of the API, for every role and scope: who is let in, and to what.

An operation that is in the OpenAPI document and not in the table below fails the test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any

import httpx
import pytest

from api.access.roles import Role
from api.http.app import create_app
from tests.api.world import (
    SECRET,
    World,
    make_event,
    make_site,
    make_world,
    review_desk,
    served,
    store_pictures,
)
from vision.episodes import EpisodeEvent
from vision.evidence import SecondLook
from vision.loop import LoopCounts
from vision.sources.status import CameraStatus

READERS = {Role.VIEWER, Role.REVIEWER, Role.OFFICER, Role.ADMIN, Role.AUDITOR}
REVIEWERS = {Role.REVIEWER, Role.OFFICER, Role.ADMIN}
LOOKERS = {Role.OFFICER, Role.ADMIN}
WATCHERS = {Role.ADMIN, Role.AUDITOR}
ADMINS = {Role.ADMIN}
HOOK = "/v1/webhooks/{name}"


@dataclass(frozen=True)
class Door:
    """An operation, which roles it is for, and what it asks for or shows that has a scope."""

    path: str
    roles: set[Role]
    method: str = "GET"
    shows: Callable[[Any], set[str]] | None = None
    """What is in the answer of a list: the names of cases or cameras."""
    of: str | None = None
    """What hides it where the scope does not hold it: "case" or "camera"."""
    query: str = ""


def _items(key: str) -> Callable[[Any], set[str]]:
    return lambda body: {item[key] for item in body["items"]}


DOORS = (
    Door("/v1/site", READERS),
    Door("/v1/site/key", READERS),
    Door("/v1/site/keys", READERS),
    Door("/v1/kinds", READERS),
    Door("/v1/cases", READERS, shows=_items("case_id")),
    Door("/v1/cases/{case_id}", READERS, of="case"),
    # Incomplete: 422 before anything is decided, but only once the key is let in.
    Door("/v1/cases/{case_id}/review", REVIEWERS, method="POST"),
    Door("/v1/cases/{case_id}/hold", LOOKERS, method="POST"),
    Door("/v1/cases/{case_id}/masks", REVIEWERS, method="POST"),
    Door("/v1/cases/{case_id}/steps", REVIEWERS, method="POST"),
    Door("/v1/cases/reject", REVIEWERS, method="POST"),
    # Of a decided case: nobody holds it.
    Door("/v1/cases/{case_id}/claim", REVIEWERS, method="POST", of="case"),
    Door("/v1/cases/{case_id}/release", REVIEWERS, method="POST", of="case"),
    Door("/v1/cases/{case_id}/package", READERS, of="case"),
    Door(
        "/v1/cases/{case_id}/package",
        LOOKERS,
        of="case",
        query="?scope=officer&reason=complaint+4711",
    ),
    Door("/v1/media/{sha256}", READERS, of="case"),
    Door("/v1/media/{sha256}", LOOKERS, of="case", query="?reason=complaint+4711"),
    Door("/v1/cameras", READERS, shows=_items("id")),
    Door("/v1/cameras/{camera}/snapshot", READERS, of="camera"),
    Door("/v1/cameras/{camera}/admissibility", READERS, of="camera"),
    Door("/v1/webhooks", WATCHERS),
    Door(f"{HOOK}/deliveries", WATCHERS, shows=_items("case_id")),
    Door(f"{HOOK}/replay", ADMINS, method="POST"),
    Door(f"{HOOK}/ping", ADMINS, method="POST"),
)
OPEN = {"/healthz", "/readyz", "/metrics"}
SCOPES: tuple[dict[str, list[str]], ...] = (
    {},
    {"cameras": ["gate"]},
    {"cameras": ["yard"]},
    {"cameras": ["gate", "yard"]},
    {"kinds": ["street_vending"]},
    {"kinds": ["dirty_truck"]},
    {"cameras": ["gate"], "kinds": ["dirty_truck"]},
)
KIND = {"gate": "street_vending", "yard": "dirty_truck"}


class Watching:
    """A pipeline that has a picture of every camera."""

    problem = None
    device_memory = None
    quarantined = 0
    processes = ()
    engine_server = None

    def loop(self) -> LoopCounts:
        return LoopCounts()

    def status(self) -> list[CameraStatus]:
        return []

    def snapshot(self, _camera: str) -> bytes:
        return b"\xff\xd8\xff"

    def look_again(self, camera: str, _episode: str, _after: datetime) -> SecondLook:
        return SecondLook(why=f"camera {camera} is not watched here")


@dataclass(frozen=True)
class Holder:
    """Who asks: with no key at all, or with one of this role and scope."""

    role: Role | None
    scope: dict[str, list[str]]


@dataclass(frozen=True)
class House:
    """A served site with a confirmed case of each camera, each with an original picture."""

    address: str
    world: World
    cases: dict[str, str]
    originals: dict[str, str]

    def sees(self, scope: dict[str, list[str]]) -> set[str]:
        """The cameras whose case this scope holds."""
        return {
            camera
            for camera in self.cases
            if camera in scope.get("cameras", [camera])
            and KIND[camera] in scope.get("kinds", [KIND[camera]])
        }


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    # Nobody listens at the discard port: what is queued stays queued.
    hook = {"name": "case-system", "url": "http://127.0.0.1:9/", "secret": SECRET}
    world = make_world(make_site(tmp_path_factory.mktemp("doors"), hook))
    yard: dict[str, Any] = {"zone": "whole picture", "subtype": "spill"}
    cases: dict[str, str] = {}
    originals: dict[str, str] = {}
    for camera, kind in KIND.items():
        event: EpisodeEvent = make_event(
            camera=camera, kind=kind, **(yard if camera == "yard" else {})
        )
        items = store_pictures(world.evidence, event)
        case = world.intake.take(event, items)
        assert case is not None
        cases[camera], originals[camera] = case, items[0].sha256
        _confirm(world, case)
    app = create_app(world.site, world.database, world.evidence, watch=Watching())
    with served(app) as address:
        yield House(address, world, cases, originals)
    world.database.close()


def _confirm(world: World, case: str) -> None:
    from api.access.roles import Principal
    from api.cases.requests import ReviewRequest

    everything = {"authentic": True, "clear": True, "complete": True, "accurate": True}
    request = ReviewRequest.model_validate({"decision": "confirm", "checks": everything})
    review_desk(world.database, world.site).review(Principal("0", "Li", Role.ADMIN), case, request)


def test_the_table_has_every_operation(house):
    document = httpx.get(f"{house.address}/openapi.json", trust_env=False, timeout=60).json()
    there = {
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
        if path not in OPEN
    }
    assert there == {(door.method, door.path) for door in DOORS}


@pytest.mark.parametrize("role", [None, *Role])
def test_a_door_opens_to_its_roles_and_shows_what_the_scope_holds(house, role):
    asked = 0
    for scope in SCOPES:
        who = Holder(role, scope)
        headers = {"Authorization": f"Bearer {house.world.key(role, **scope)}"} if role else {}
        # A loaded machine may need more than httpx's 5 s.
        with httpx.Client(
            base_url=house.address, headers=headers, trust_env=False, timeout=60
        ) as http:
            for door, camera in product(DOORS, house.cases):
                _ask(http, door, camera, who, house)
                asked += 1
    assert asked == len(SCOPES) * len(DOORS) * 2


def _ask(http: httpx.Client, door: Door, camera: str, who: Holder, house: House) -> None:
    path = door.path.format(
        case_id=house.cases[camera],
        sha256=house.originals[camera],
        camera=camera,
        name="case-system",
    )
    # A delivery that is nobody's: a replay of it changes nothing.
    query = "?delivery=999999" if path.endswith("/replay") else door.query
    answer = http.request(door.method, path + query, json={} if door.method == "POST" else None)
    told = (who, door.method, path + query, answer.text[:200])
    assert answer.status_code in _right(door, camera, who, house), told
    if door.shows is not None and answer.status_code == 200:
        cameras = set(who.scope.get("cameras", house.cases))
        cases = {house.cases[seen] for seen in house.sees(who.scope)}
        assert door.shows(answer.json()) == (cameras if door.path == "/v1/cameras" else cases), told


def _right(door: Door, camera: str, who: Holder, house: House) -> set[int]:
    if who.role is None:
        return {401}
    if who.role not in (READERS if door.query else door.roles):
        return {403}
    sees_camera = camera in who.scope.get("cameras", [camera])
    held = {None: True, "camera": sees_camera, "case": camera in house.sees(who.scope)}
    if not held[door.of]:
        return {404}
    if who.role not in door.roles:
        return {403}
    if door.path.endswith("/release"):
        return {204}
    return {200} if door.method == "GET" or door.path.endswith("/ping") else {409, 422}

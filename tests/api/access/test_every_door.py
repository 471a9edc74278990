"""Every route of the API, for every role and scope, with a key and with a session: who is let in,
and to what.

A route that is in the app's table of routes and not in the table below fails the test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.access.access_log import What, note_access
from api.access.roles import Principal, Role
from api.cases.requests import ReviewRequest
from api.http.app import create_app
from api.http.routes.audit_results import PAGE
from api.http.way_in import WayIn, routes_of, way_of
from tests.api.world import (
    NOON,
    SECRET,
    World,
    make_event,
    make_site,
    make_world,
    review_desk,
    served,
    store_pictures,
)
from vision.audit.report.report import FILES
from vision.episodes import EpisodeEvent
from vision.evidence import SecondLook
from vision.loop import LoopCounts
from vision.pipeline.live_view import Picture
from vision.pipeline.sight import Sight
from vision.site import Site
from vision.sources.status import CameraStatus
from vision.trial import Trial
from vision.view.health import View

READERS = {Role.VIEWER, Role.REVIEWER, Role.OFFICER, Role.ADMIN, Role.AUDITOR}
REVIEWERS = {Role.REVIEWER, Role.OFFICER, Role.ADMIN}
LOOKERS = {Role.OFFICER, Role.ADMIN}
WATCHERS = {Role.ADMIN, Role.AUDITOR}
ADMINS = {Role.ADMIN}
RECEIVERS = {Role.RECEIVER}
SURVEYORS = LOOKERS | WATCHERS
HOOK = "/v1/webhooks/{name}"
CAMERA = "/v1/cameras/{camera}"
AUDIT = "/v1/audits/{audit_id}"
UNKNOWN = frozenset({404})
FORMS = [name for name in FILES if name != PAGE]


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
    whole: bool = False
    """Only for who sees everything."""
    way: WayIn = WayIn.KEY
    gives: frozenset[int] | None = None
    """What it answers to who is let in; by default 200 to a GET, else 409 or 422."""
    unknown: int = 401
    """Answer to who brings no key; where it is another one, a session is none either."""
    endless: bool = False
    """Whether its answer goes on and on."""


def _items(key: str) -> Callable[[Any], set[str]]:
    return lambda body: {item[key] for item in body["items"]}


DOORS = (
    Door("/v1/site", READERS),
    Door("/v1/site/key", READERS),
    Door("/v1/site/keys", READERS),
    Door("/v1/kinds", READERS),
    Door("/v1/divisions", READERS),
    Door("/v1/transfers", READERS),
    Door("/v1/reports/levels", READERS),
    Door("/v1/words", set(Role), way=WayIn.NOBODY),
    Door("/v1/cases", READERS, shows=_items("case_id")),
    Door("/v1/cases.csv", READERS),
    Door("/v1/cases.geojson", READERS),
    Door("/v1/events", READERS, endless=True),
    Door("/v1/searches", READERS),
    Door("/v1/searches", READERS, method="POST"),
    Door("/v1/searches/{search_id}", READERS, method="DELETE", gives=frozenset({404})),
    Door("/v1/cases/{case_id}", READERS, of="case"),
    # Incomplete: 422 before anything is decided, but only once the key is let in.
    Door("/v1/cases/{case_id}/review", REVIEWERS, method="POST"),
    Door("/v1/cases/{case_id}/hold", LOOKERS, method="POST"),
    Door("/v1/cases/{case_id}/masks", REVIEWERS, method="POST"),
    Door("/v1/cases/{case_id}/plate", REVIEWERS, method="POST"),
    Door("/v1/cases/{case_id}/steps", REVIEWERS, method="POST"),
    Door("/v1/cases/{case_id}/callbacks", RECEIVERS, method="POST", way=WayIn.SIGNATURE),
    Door("/v1/cases/{case_id}/callbacks", READERS, of="case"),
    Door("/v1/callbacks", WATCHERS),
    Door("/v1/cases/reject", REVIEWERS, method="POST"),
    # Of a decided case: nobody holds it.
    Door("/v1/cases/{case_id}/claim", REVIEWERS, method="POST", of="case"),
    Door(
        "/v1/cases/{case_id}/release", REVIEWERS, method="POST", of="case", gives=frozenset({204})
    ),
    Door("/v1/queue", READERS),
    # Nothing waits here any more.
    Door("/v1/queue/next", REVIEWERS, method="POST", gives=frozenset({204})),
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
    Door("/v1/cameras/{camera}/sight", READERS, of="camera"),
    Door("/v1/cameras/{camera}/test", LOOKERS, method="POST", of="camera", gives=frozenset({200})),
    Door("/v1/cameras/{camera}/admissibility", READERS, of="camera"),
    Door("/v1/cameras/{camera}/zones", READERS, of="camera"),
    Door("/v1/map", READERS),
    # The site of this house has no file: who is let in is told so; see `tests/api/setup`.
    Door(f"{CAMERA}/setup", SURVEYORS, of="camera", gives=frozenset({409})),
    Door(f"{CAMERA}/setup", LOOKERS, method="PUT"),
    Door("/v1/cameras", ADMINS, method="POST"),
    Door("/v1/cameras/probe", ADMINS, method="POST"),
    Door(CAMERA, ADMINS, method="DELETE", of="camera", whole=True, gives=frozenset({409})),
    Door("/v1/registers/{register}", SURVEYORS, gives=frozenset({409})),
    Door("/v1/registers/{register}", LOOKERS, method="PUT"),
    Door("/v1/baseline", SURVEYORS),
    Door("/v1/site/file", SURVEYORS),
    Door("/v1/site/changes", SURVEYORS),
    Door("/v1/site/changes/{change}", SURVEYORS, gives=frozenset({404})),
    Door("/v1/site/changes/{change}/undo", LOOKERS, method="POST", gives=frozenset({404})),
    Door("/v1/session", set(Role)),
    Door("/v1/session", set(Role), method="POST", way=WayIn.PASSWORD),
    Door("/v1/session", set(Role), method="DELETE", query="?everywhere=perhaps"),
    Door("/v1/session/password", set(Role), method="POST"),
    Door("/v1/users", ADMINS, whole=True),
    Door("/v1/users", ADMINS, method="POST", whole=True),
    # Of nobody: nothing changes.
    Door("/v1/users/{user_id}", ADMINS, method="PATCH", whole=True, gives=frozenset({404})),
    Door("/v1/keys", ADMINS, whole=True),
    Door("/v1/keys", ADMINS, method="POST", whole=True),
    Door("/v1/keys/{key_id}", ADMINS, method="DELETE", whole=True, gives=frozenset({404})),
    Door("/v1/access-log", WATCHERS, shows=_items("case_id"), query="?by=nobody"),
    *(Door(f"/v1/reports/{span}", READERS) for span in ("daily", "weekly", "monthly")),
    *(Door(f"/v1/reports/{what}", READERS) for what in ("rates", "devices", "precision")),
    Door("/v1/audits", READERS, whole=True),
    Door("/v1/audits", LOOKERS, method="POST", whole=True),
    Door(AUDIT, READERS, whole=True, gives=UNKNOWN),
    Door(AUDIT, LOOKERS, method="DELETE", whole=True, gives=UNKNOWN),
    *(
        Door(f"{AUDIT}/{step}", LOOKERS, method="POST", whole=True, gives=UNKNOWN)
        for step in ("start", "cancel")
    ),
    Door(f"{AUDIT}/cases", LOOKERS, method="POST", whole=True, gives=UNKNOWN),
    Door(f"{AUDIT}/files", LOOKERS, method="POST", whole=True),
    Door(f"{AUDIT}/files/{{file_id}}", READERS, method="HEAD", whole=True, gives=UNKNOWN),
    Door(f"{AUDIT}/files/{{file_id}}", LOOKERS, method="PATCH", whole=True),
    Door(f"{AUDIT}/files/{{file_id}}", LOOKERS, method="DELETE", whole=True, gives=UNKNOWN),
    *(
        Door(f"{AUDIT}/{what}", READERS, whole=True, gives=UNKNOWN)
        for what in ("events", "report", "everything.zip", "pictures/{picture}", *FORMS)
    ),
    *(
        Door(f"/open311/v2/{what}.{{form}}", READERS, of=of, unknown=403)
        for what, of in (
            *(("discovery", None), ("services", None), ("services/{service_code}", None)),
            *(("requests", None), ("requests/{service_request_id}", "case")),
        )
    ),
    Door("/v1/webhooks", WATCHERS),
    Door(f"{HOOK}/deliveries", WATCHERS, shows=_items("case_id")),
    Door(f"{HOOK}/replay", ADMINS, method="POST"),
    Door(f"{HOOK}/ping", ADMINS, method="POST", gives=frozenset({200})),
)
OPEN = {"/healthz", "/readyz", "/metrics"}
SCOPES: tuple[dict[str, list[str]], ...] = (
    {},
    {"cameras": ["gate"]},
    {"cameras": ["yard"]},
    {"kinds": ["street_vending"]},
    {"kinds": ["dirty_truck"]},
    {"cameras": ["gate"], "kinds": ["dirty_truck"]},
    {"divisions": ["4213", "91"]},
    {"divisions": ["421303"]},
    {"divisions": ["421304"]},
    {"divisions": ["421303001"], "cameras": ["yard"]},
    {"divisions": ["421303"], "kinds": ["dirty_truck"]},
)
DIVISION = {"gate": "421303001", "yard": "421303"}
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

    def picture(
        self, camera: str, after: int | None = None, wait_s: float = 0.0, *, clean: bool = False
    ) -> Future[Picture | None]:
        answer: Future[Picture | None] = Future()
        answer.set_result(Picture(1, b"\xff\xd8\xff"))
        return answer

    def sight(self, camera: str) -> Sight | None:
        return Sight(
            1, NOON, 160, 90, None, View.CLEAR, looks_per_s=1.0, age_s=0.1, objects=(), places=()
        )

    def try_out(self, camera: str, proposed: Site, preset: str | None = None) -> Future[Trial]:
        answer: Future[Trial] = Future()
        answer.set_result(Trial(None, None, 0, 0, (), (), 0.0))
        return answer

    def apply(self, site: Site) -> None: ...

    def look_again(self, camera: str, _episode: str, _after: datetime) -> SecondLook:
        return SecondLook(why=f"camera {camera} is not watched here")


@dataclass(frozen=True)
class Holder:
    """Who asks: with no key at all, or as one of this role and scope, by a key or a session."""

    role: Role | None
    scope: dict[str, list[str]]
    by: str = "key"


@dataclass(frozen=True)
class House:
    """A served site with a confirmed case of each camera, each with an original picture."""

    address: str
    app: FastAPI
    world: World
    cases: dict[str, str]
    originals: dict[str, str]

    def cameras(self, scope: dict[str, list[str]]) -> set[str]:
        """The cameras that this scope holds."""
        return {
            camera
            for camera, division in DIVISION.items()
            if camera in scope.get("cameras", [camera])
            and any(division.startswith(start) for start in scope.get("divisions", [""]))
        }

    def sees(self, scope: dict[str, list[str]]) -> set[str]:
        """The cameras whose case this scope holds."""
        return {c for c in self.cameras(scope) if KIND[c] in scope.get("kinds", [KIND[c]])}

    def client(self, who: Holder) -> httpx.Client:
        """An HTTP client as this one."""
        headers: dict[str, str] = {}
        if who.role is not None and who.by == "session":
            headers = self.world.signed_in(who.role, **who.scope)
        elif who.role is not None:
            headers = {"Authorization": f"Bearer {self.world.key(who.role, **who.scope)}"}
        # A loaded machine may need more than httpx's 5 s.
        return httpx.Client(base_url=self.address, headers=headers, trust_env=False, timeout=60)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    # Nobody listens at the discard port: what is queued stays queued.
    hook = {"name": "case-system", "url": "http://127.0.0.1:9/", "secret": SECRET}
    world = make_world(make_site(tmp_path_factory.mktemp("doors"), hook, division=DIVISION["gate"]))
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
        with world.database.write() as session:
            nobody = Principal("nobody", "Nobody", Role.OFFICER)
            note_access(session, nobody, What.PACKAGE, "complaint 4711", case_id=case)
    app = create_app(world.site, world.database, world.evidence, watch=Watching())
    with served(app) as address:
        yield House(address, app, world, cases, originals)
    world.database.close()


def _confirm(world: World, case: str) -> None:
    everything = {"authentic": True, "clear": True, "complete": True, "accurate": True}
    request = ReviewRequest.model_validate({"decision": "confirm", "checks": everything})
    review_desk(world.database, world.site).review(Principal("0", "Li", Role.ADMIN), case, request)


def test_the_table_has_every_route_with_its_way_in(house):
    routes = {
        (method, route.path): way_of(route)
        for route in routes_of(house.app.state.routers)
        for method in route.methods
        if route.path not in OPEN
    }
    assert routes == {(door.method, door.path): door.way for door in DOORS}
    document = httpx.get(f"{house.address}/openapi.json", trust_env=False, timeout=60).json()
    told = {
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
        if path not in OPEN
    }
    assert told == set(routes)


@pytest.mark.parametrize("by", ["key", "session"])
@pytest.mark.parametrize("role", [None, *Role])
def test_a_door_opens_to_its_roles_and_shows_what_the_scope_holds(house, role, by):
    if role is None and by == "session":
        pytest.skip("nobody has no session")
    for scope in SCOPES if role is not None else ({},):
        who = Holder(role, scope, by)
        with house.client(who) as http:
            for door in DOORS:
                for camera in house.cases if door.of is not None else ("gate",):
                    _ask(http, door, camera, who, house)


@pytest.mark.parametrize("role", Role)
def test_no_other_page_can_change_anything_with_a_session(house, role):
    who = Holder(role, {}, "session")
    with house.client(who) as http:
        token = http.headers.pop("X-CSRF-Token")
        for door in DOORS:
            if door.method in {"GET", "HEAD"} or door.way is not WayIn.KEY:
                continue
            path = _path(door, "gate", house)
            for headers in (
                {},
                {"X-CSRF-Token": "0" * 64},
                {"X-CSRF-Token": token, "Sec-Fetch-Site": "cross-site"},
                {"X-CSRF-Token": token, "Sec-Fetch-Site": "same-site"},
            ):
                answer = http.request(door.method, path, headers=headers)
                assert answer.status_code == 403, (door, headers, answer.text)
                told = answer.json()["detail"]
                assert ("another site" in told) == ("Sec-Fetch-Site" in headers), told
            same = {"X-CSRF-Token": token, "Sec-Fetch-Site": "same-origin"}
            body = {} if door.method in {"POST", "PUT", "PATCH"} else None
            answer = http.request(door.method, path, headers=same, json=body)
            assert answer.status_code in _right(door, "gate", who, house), answer.text


def _path(door: Door, camera: str, house: House) -> str:
    path = door.path.format(
        case_id=house.cases[camera],
        sha256=house.originals[camera],
        camera=camera,
        name="case-system",
        user_id="nobody",
        key_id="none",
        search_id="none",
        register="permits",
        change=1,
        form="json",
        audit_id="AU-none",
        file_id="none",
        picture="none.jpg",
        service_code="street_vending-stall",
        service_request_id=house.cases[camera],
    )
    # A delivery that is nobody's: a replay of it changes nothing.
    return path + ("?delivery=999999" if path.endswith("/replay") else door.query)


def _ask(http: httpx.Client, door: Door, camera: str, who: Holder, house: House) -> None:
    path = _path(door, camera, house)
    body = {} if door.method in {"POST", "PUT", "PATCH"} else None
    with http.stream(door.method, path, json=body) as answer:
        going_on = door.endless and answer.status_code == 200
        told = (who, door.method, path, "" if going_on else answer.read()[:200])
    assert answer.status_code in _right(door, camera, who, house), told
    if door.shows is not None and answer.status_code == 200:
        cases = {house.cases[seen] for seen in house.sees(who.scope)}
        cameras = house.cameras(who.scope)
        assert door.shows(answer.json()) == (cameras if door.path == "/v1/cameras" else cases), told


def _right(door: Door, camera: str, who: Holder, house: House) -> set[int] | frozenset[int]:
    if door.way is WayIn.PASSWORD:
        return {422}
    if door.way is WayIn.NOBODY:
        return {200}
    keys_alone = door.way is WayIn.SIGNATURE or door.unknown != 401
    if who.role is None or (keys_alone and who.by == "session"):
        return {door.unknown}
    sees = {"camera": house.cameras(who.scope), "case": house.sees(who.scope)}
    # What is asked for in a way that is for some readers only is hidden from all others first.
    readers = READERS if door.of and door.query else door.roles
    if who.role in readers and door.of is not None and camera not in sees[door.of]:
        return {404}
    if who.role not in door.roles or (door.whole and who.scope):
        return {403}
    usual = {"GET": {200}}.get(door.method, {409, 422})
    return door.gives or usual
